"""A real redis-server that keeps every write, for tests."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from tests.processes import free_port

needs_redis = pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")


def redis_command(port: int, folder: Path) -> list[str]:
    """One that has every write on the disk before it answers."""
    return [
        "redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder),
        "--appendonly", "yes", "--appendfsync", "always", "--save", "",
    ]  # fmt: skip


class RedisServer:
    """`kill` and `start` it again: what it has acknowledged is still there."""

    def __init__(self, folder: Path, port: int | None) -> None:
        self.port = port or free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder

    def start(self) -> None:
        self._process = subprocess.Popen(redis_command(self.port, self._folder), stdout=subprocess.DEVNULL)
        client, deadline = Redis.from_url(self.url), time.monotonic() + 20
        while True:
            try:
                client.ping()
                break
            except RedisError:
                assert time.monotonic() < deadline
                time.sleep(0.02)
        client.close()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def redis_server(folder: Path, port: int | None = None) -> Iterator[RedisServer]:
    folder.mkdir(exist_ok=True)
    server = RedisServer(folder, port)
    server.start()
    try:
        yield server
    finally:
        server.kill()
