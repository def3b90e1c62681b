"""The programs of the images write only where the compose files let them: all else is read-only here."""

import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest

from catalog.encoder import open_encoder
from catalog.settings import Settings
from tests.processes import ROOT, free_port, wait_until_ready
from tests.test_commands import make_feed

# In a mount namespace of its own: everything read-only, less the folders that a container has of its own.
_FENCED = """
mount --bind / "$1"; mount -o remount,bind,ro "$1"
mount -t tmpfs none "$1/dev/shm"
mount --rbind /proc "$1/proc"
mkdir -p "$1$5"; mount --bind "$5" "$1$5"; mount -o remount,bind,ro "$1$5"
for folder in $2; do mount --bind "$folder" "$1$folder"; done
exec chroot "$1" setpriv --no-new-privs --bounding-set=-all --inh-caps=-all -- sh -c "cd $3; exec $4"
"""


def fenced(
    folder: Path, writable: list[Path], environ: dict[str, str], *arguments: str
) -> subprocess.Popen[bytes]:
    """`python ARGUMENTS` with nothing but `writable` to write to; `folder`, wherever it lies, can be read."""
    root = folder / f"root-{uuid.uuid4().hex[:6]}"
    root.mkdir()
    command = ["unshare", "--mount", "--propagation", "private", "sh", "-ec", _FENCED, "sh", str(root)]
    own = [" ".join(map(str, writable)), str(ROOT), " ".join([sys.executable, *arguments]), str(folder)]
    with (folder / f"{arguments[2] if len(arguments) > 2 else arguments[1]}.log").open("wb") as log:
        return subprocess.Popen([*command, *own], env=environ, stdout=log, stderr=subprocess.STDOUT)


@pytest.fixture(autouse=True)
def may_fence() -> None:
    if shutil.which("unshare") is None or shutil.which("setpriv") is None:
        pytest.skip("needs unshare and setpriv")
    done = subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True)
    if done.returncode:
        pytest.skip("needs the right to make a mount namespace")


def first_found(url: str) -> Any:
    """The first product of a search, once the worker has put one into the index."""
    deadline = time.monotonic() + 60
    while not (items := httpx.get(url, timeout=30).raise_for_status().json()["items"]):
        assert time.monotonic() < deadline, "nothing was found in 60 s"
        time.sleep(0.1)
    return items[0]


def test_web_and_worker_do_with_tmp_and_their_volumes(store_url: str, tmp_path: Path) -> None:
    open_encoder(Settings(_env_file=None))  # the export is in the image
    temporary, state, thumbnails = (tmp_path / name for name in ("tmp", "state", "thumbnails"))
    for folder in (temporary, state, thumbnails):
        folder.mkdir()
    port, told = free_port(), free_port()
    own = {
        "PATH": "/usr/sbin:/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(temporary),
        "QDRANT_URL": store_url, "INDEX_ALIAS": f"fenced-{uuid.uuid4().hex[:8]}", "PORT": str(port),
        "STATE_DIR": str(state), "THUMBNAIL_DIR": str(thumbnails),
        "WORKER_METRICS": f"127.0.0.1:{told}", "FEEDS": str(make_feed(tmp_path / "feed", 4)),
    }  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    worker = fenced(tmp_path, [temporary, state, thumbnails], own, "-m", "ingest", "work")
    web = fenced(tmp_path, [temporary], own, "-m", "gunicorn")
    try:
        wait_until_ready(f"http://127.0.0.1:{told}/metrics", worker)
        wait_until_ready(f"{url}/readyz", web)
        found = first_found(f"{url}/v1/search?text=thing")
        assert httpx.get(url + found["image"], timeout=30).status_code == 200
        assert httpx.get(f"{url}/metrics", timeout=30).status_code == 200
        # The fence holds: what needs the worker's folder fails without it.
        refused = fenced(tmp_path, [temporary], own, "-m", "ingest", "run", own["FEEDS"])
        assert refused.wait(60) == 2
        assert "Read-only file system" in (tmp_path / "run.log").read_text()
    finally:
        for process in (web, worker):
            process.terminate()
            process.wait(60)
