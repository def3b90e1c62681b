"""schemathesis asks a running service everything that its own document allows, and what it does not allow.

The service runs under gunicorn over a real store. SCHEMATHESIS_EXAMPLES sets how many cases a route gets.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.collection import connect
from catalog.encoder import Encoder
from catalog.images import image_sha256
from catalog.index import ItemIndex
from catalog.thumbnails import thumbnail_path, write_thumbnail
from tests.processes import ROOT, free_port, running, wait_until_ready
from tests.service_doubles import picture_bytes, plain
from tests.service_keys import API_KEYS, KEYS
from tests.service_shop import SHOP, fill, settings_for

ALIAS = "contract-tests"
EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "15")
TIMEOUT_S = 60 + 30 * int(EXAMPLES)


@pytest.fixture
def url(store_url: str, encoder: Encoder, tmp_path: Path) -> Iterator[str]:
    client = connect(settings_for(store_url))
    fill(ItemIndex(client, store_url, ALIAS, encoder), encoder, SHOP)
    client.close()
    thumbnails, red = tmp_path / "thumbnails", picture_bytes(plain("red"))
    write_thumbnail(plain("red"), thumbnail_path(thumbnails, image_sha256(red)), 32)
    port = free_port()
    environ = {
        "PORT": str(port), "QDRANT_URL": store_url, "INDEX_ALIAS": ALIAS, "THUMBNAIL_DIR": str(thumbnails),
        "API_KEYS": API_KEYS, "RATE_LIMIT": "off", "STATE_DIR": str(tmp_path / "state"),
    }  # fmt: skip
    with running("-m", "gunicorn", log=tmp_path / "web.log", environ=environ) as process:
        wait_until_ready(f"http://127.0.0.1:{port}/readyz", process)
        yield f"http://127.0.0.1:{port}"


def test_the_service_does_what_its_document_says(url: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json",
            "--header", f"Authorization: Bearer {KEYS['admin']}",
            # Not the chains of calls: what a write brings is there when a worker has done it, and none runs.
            "--phases", "examples,coverage,fuzzing",
            "--checks", "all", "--mode", "all", "--max-examples", EXAMPLES, "--generation-database", "none",
            "--seed", "7", "--no-color", "--workers", "2", "--warnings", "off", "--continue-on-failure",
        ],
        cwd=tmp_path, timeout=TIMEOUT_S, capture_output=True, text=True, check=False,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.schemathesis_hooks", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
