"""The images hold what their programs need and no more: the programs run on the smaller sets of packages."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from catalog.encoder import Encoder, open_encoder
from catalog.settings import Settings
from tests.processes import free_port, run_program, running, wait_until_ready
from tests.requirement_sets import environ_without, installed_by, pins
from tests.test_commands import make_feed

HEAVY = {"torch", "transformers", "sentence-transformers", "scipy", "scikit-learn", "matplotlib", "onnx"}


@pytest.mark.parametrize("file", ["requirements-web.txt", "requirements-worker.txt"])
def test_a_smaller_set_has_the_versions_of_the_whole(file: str) -> None:
    whole = pins("requirements.txt")
    assert pins(file) and pins(file).items() <= whole.items()
    assert not HEAVY & installed_by(file)


@pytest.mark.parametrize("program", ["import torch", "import scipy"])
def test_the_blocker_blocks(program: str, tmp_path: Path) -> None:
    done = run_program("-c", program, environ=environ_without("requirements-worker.txt", tmp_path / "site"))
    assert done.returncode != 0 and "ModuleNotFoundError" in done.stderr


@pytest.fixture(scope="module")
def environ(store_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An index that the worker's packages alone have made; the export is there, as in the image."""
    folder = tmp_path_factory.mktemp("sets")
    encoder: Encoder = open_encoder(Settings(_env_file=None))
    assert encoder.dimension
    own = {
        "QDRANT_URL": store_url, "INDEX_ALIAS": f"sets-{uuid.uuid4().hex[:8]}",
        "STATE_DIR": str(folder / "state"), "THUMBNAIL_DIR": str(folder / "thumbnails"),
    }  # fmt: skip
    blocked = environ_without("requirements-worker.txt", folder / "worker-site")
    done = run_program("-m", "ingest", "run", make_feed(folder / "feed", 3), environ={**own, **blocked})
    assert done.returncode == 0, done.stderr
    yield own


def test_the_web_service_serves_on_its_own_set(environ: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    blocked = environ_without("requirements-web.txt", tmp_path / "site")
    own = {**environ, **blocked, "PORT": str(port), "RATE_LIMIT": "off"}
    url = f"http://127.0.0.1:{port}"
    with running("-m", "gunicorn", log=tmp_path / "web.log", environ=own) as process:
        wait_until_ready(f"{url}/readyz", process)
        for path in ("/v1/search?text=thing", "/v1/items/A1/similar", "/v1/facets?fields=category",
                     "/v1/stats", "/docs", "/openapi.json", "/metrics", "/"):  # fmt: skip
            assert httpx.get(url + path, timeout=30).status_code == 200, path
        assert httpx.put(f"{url}/v1/items/A1", json={}, timeout=30).status_code == 422


def test_the_worker_says_what_it_lacks(environ: dict[str, str], tmp_path: Path) -> None:
    blocked = environ_without("requirements-worker.txt", tmp_path / "site")
    assert run_program("-m", "ingest", "status", environ={**environ, **blocked}).returncode == 0
    shown = run_program("-m", "ingest", "-h", environ={**environ, **blocked})
    assert shown.returncode == 0 and "duplicates" in shown.stdout, shown.stderr
    done = run_program("-m", "ingest", "duplicates", environ={**environ, **blocked})
    assert done.returncode == 2
    assert done.stderr.startswith("Error: scipy is not installed here") and len(done.stderr.splitlines()) == 1
