"""The files that deploy Vitrine: they parse, and name what exists."""

import re
import shutil
import subprocess

import pytest

from tests.processes import ROOT


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="docker-compose is not installed")
def test_the_compose_file_is_valid_and_asks_for_keys() -> None:
    keys = {"QDRANT_API_KEY": "k", "API_KEYS": "search:0123456789abcdef"}
    assert _compose(keys).returncode == 0, _compose(keys).stderr
    for name in keys:
        done = _compose({other: key for other, key in keys.items() if other != name})
        assert done.returncode != 0 and name in done.stderr


def _compose(keys: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker-compose", "config", "-q"],
        cwd=ROOT, env={"PATH": "/usr/bin:/bin:/usr/local/bin", **keys},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_image_holds_every_room_that_the_procfile_starts() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    procfile = (ROOT / "Procfile").read_text()
    started = set(re.findall(r"python -m (\w+)", procfile)) | set(re.findall(r"\"(\w+)\.app", procfile))
    assert started == {"vectorstore", "ingest", "service"}
    for room in [*started, "catalog", "models"]:
        assert f"COPY {room} {room}" in dockerfile


def test_the_compose_file_and_the_workflow_use_the_same_qdrant() -> None:
    files = ("docker-compose.yml", ".github/workflows/test.yml")
    images = {
        image for file in files for image in re.findall(r"qdrant/qdrant:\S+", (ROOT / file).read_text())
    }
    assert len(images) == 1


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt", "requirements-ray.txt"])
def test_every_requirement_is_exact_and_has_its_reason(file: str) -> None:
    lines = [line for line in (ROOT / file).read_text().splitlines() if line and not line.startswith("#")]
    assert lines
    for line in lines:
        assert re.fullmatch(r"[\w\[\]-]+==[\w.+]+ +# \S.*", line), line
