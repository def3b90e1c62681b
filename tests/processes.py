"""Starts the project's own programs as real processes, and waits for them."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from catalog.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
START_TIMEOUT_S = 90.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    *arguments: object, log: Path, environ: Mapping[str, str] | None = None, cwd: Path = ROOT
) -> Iterator[subprocess.Popen[bytes]]:
    """`python ARGUMENTS` as a process; stopped by SIGTERM at the end, its output in `log`."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            cwd=cwd, env={**os.environ, **(environ or {})}, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until_ready(url: str, process: subprocess.Popen[bytes], timeout_s: float = START_TIMEOUT_S) -> None:
    """Until `url` answers 200; fails if the process ends or the time is over."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError as error:
            # An HTTPError holds an open response.
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            assert process.poll() is None, f"{process.args} ended with {process.returncode}"
            assert time.monotonic() < deadline, f"{url} was not ready in {timeout_s} s: {error}"
            time.sleep(0.1)


def run_program(
    *arguments: object, environ: Mapping[str, str] | None = None, cwd: Path = ROOT, timeout_s: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run `python ARGUMENTS` to its end."""
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd, env={**os.environ, **(environ or {})}, capture_output=True, text=True, timeout=timeout_s,
        check=False,
    )  # fmt: skip


def environ_of(settings: Settings) -> dict[str, str]:
    """Where the index and its files are, as a process reads it that works on the same."""
    names = ("qdrant_url", "index_alias", "state_dir", "thumbnail_dir")
    return {name.upper(): str(getattr(settings, name)) for name in names}
