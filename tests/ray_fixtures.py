"""A Ray of two CPUs for a module's tests, and runs on it as programs of their own."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from catalog.settings import Settings
from tests.processes import START_TIMEOUT_S, free_port

_START = (
    "import sys; sys.argv[0] = 'ray'; "
    "from ray.scripts.scripts import main; main()"  # `ray start`, whatever PATH says
)


@pytest.fixture(scope="module")
def ray_environ() -> Iterator[dict[str, str]]:
    """What a program needs in its environment to run on it."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install -r requirements-ray.txt")
    port = free_port()
    environ = {
        "RAY_ADDRESS": f"127.0.0.1:{port}", "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32),
        # By itself Ray lets everything else go first, and beside other tests its workers start in minutes.
        "RAY_worker_niceness": "0",
    }  # fmt: skip
    folder = Path(tempfile.mkdtemp(prefix="ray"))  # not tmp_path: names of sockets must be short
    with _head(folder, port, environ):
        yield environ | {"RAY_TMPDIR": str(folder)}
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _head(folder: Path, port: int, environ: dict[str, str]) -> Iterator[None]:
    words = [
        "start", "--head", "--block", "--port", str(port), "--node-ip-address", "127.0.0.1",
        "--num-cpus", "2", "--include-dashboard=false", "--disable-usage-stats",
        "--object-store-memory", "200000000", "--temp-dir", str(folder),
    ]  # fmt: skip
    with (folder / "head.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", _START, *words], stdout=log, stderr=log,
            env={name: value for name, value in {**os.environ, **environ}.items() if name != "RAY_ADDRESS"},
        )  # fmt: skip
    try:
        deadline = time.monotonic() + START_TIMEOUT_S
        while b"Ray runtime started" not in (folder / "head.log").read_bytes():
            assert process.poll() is None and time.monotonic() < deadline, (folder / "head.log").read_text()
            time.sleep(0.1)
        yield
    finally:
        process.kill()  # and with it, what it has started; asked to end, it takes half a minute
        process.wait()


def kill_workers(ray_environ: dict[str, str]) -> int:
    """SIGKILL to every worker of the runs on this Ray; how many there were."""
    killed = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            title = (folder / "cmdline").read_bytes()
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            started_by = (Path("/proc") / parent / "cmdline").read_bytes()
            if b"ray::MapWorker" in title and ray_environ["RAY_TMPDIR"].encode() in started_by:
                os.kill(int(folder.name), signal.SIGKILL)
                killed += 1
    return killed


def environ_of(settings: Settings) -> dict[str, str]:
    """The settings of a test for another program."""
    names = ("qdrant_url", "index_alias", "state_dir", "thumbnail_dir", "ingest_batch_items")
    return {name.upper(): str(getattr(settings, name)) for name in names}
