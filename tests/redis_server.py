"""A Redis of a test's own."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from tests.processes import free_port

needs_redis = pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")


@contextmanager
def redis_server(folder: Path, port: int | None = None) -> Iterator[str]:
    """Its address; stopped at the end."""
    port = port or free_port()
    with (folder / "redis.log").open("wb") as log:
        process = subprocess.Popen(
            ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
            stdout=log,
        )
        try:
            with redis.Redis(port=port) as probe:
                deadline = time.monotonic() + 20
                while not _answers(probe):
                    assert process.poll() is None and time.monotonic() < deadline
                    time.sleep(0.05)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()
            process.wait(timeout=20)


def _answers(probe: "redis.Redis") -> bool:
    try:
        return bool(probe.ping())
    except redis.RedisError:
        return False
