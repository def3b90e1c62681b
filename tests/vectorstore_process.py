"""`python -m vectorstore` as a real process on a free port, for the vector store's tests and bench."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from qdrant_client import QdrantClient

ROOT = Path(__file__).resolve().parent.parent
START_TIMEOUT_S = 60.0


class VectorStore:
    """One directory, and at most one process at a time that serves it."""

    def __init__(self, path: Path, environ: dict[str, str] | None = None) -> None:
        self.path = path
        self.environ = environ or {}
        self.url = ""
        self.lines: list[str] = []
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    @property
    def process(self) -> subprocess.Popen[str]:
        assert self._process is not None
        return self._process

    def launch(self, *arguments: str) -> None:
        """Start it without waiting for it."""
        command = [
            sys.executable,
            "-m",
            "vectorstore",
            "--path",
            str(self.path),
            *(arguments or ("--port", "0")),
        ]
        self.lines = []
        self._process = subprocess.Popen(
            command, cwd=ROOT, stderr=subprocess.PIPE, text=True, env={**os.environ, **self.environ}
        )
        self._reader = threading.Thread(target=self._read, args=(self._process, self.lines), daemon=True)
        self._reader.start()

    def start(self) -> float:
        """Seconds until it answers."""
        began = time.perf_counter()
        self.launch()
        while not (where := [line for line in self.lines if " on http://" in line]):
            assert self.process.poll() is None, self.lines
            assert time.perf_counter() - began < START_TIMEOUT_S, self.lines
            time.sleep(0.01)
        self.url = where[0].split(" on ")[1].split(",")[0]
        assert httpx.get(f"{self.url}/readyz").status_code == 200
        return time.perf_counter() - began

    @staticmethod
    def _read(process: subprocess.Popen[str], lines: list[str]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            lines.append(line.rstrip())

    @contextmanager
    def client(self, **arguments: object) -> Iterator[QdrantClient]:
        opened = QdrantClient(
            url=self.url, timeout=120, cloud_inference=True, check_compatibility=False, **arguments
        )
        try:
            yield opened
        finally:
            opened.close()

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self._ended()

    def kill(self) -> None:
        """SIGKILL, as the kernel or a power switch would."""
        self.process.kill()
        self._ended()

    def signal_shards(self, number: signal.Signals) -> list[int]:
        """A signal for its shard and optimising processes alone; which they are."""
        sent = []
        for pid in family(self.process.pid)[1:]:
            with contextlib.suppress(ProcessLookupError, FileNotFoundError):
                # What they are forked from has children, or is not the fork server.
                if b"forkserver" in Path(f"/proc/{pid}/cmdline").read_bytes() and family(pid) == [pid]:
                    os.kill(pid, number)
                    sent.append(pid)
        return sent

    def kill_shards(self) -> None:
        """SIGKILL for its shard and optimising processes alone."""
        self.signal_shards(signal.SIGKILL)

    def wait(self) -> int:
        """For a process that ends by itself: its exit status."""
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        return self._ended()

    def _ended(self) -> int:
        status = self.process.wait(120)
        assert self._reader is not None
        # Its children hold the same stderr: once that is closed, they are gone too.
        self._reader.join(30)
        assert not self._reader.is_alive(), f"a child outlived {self.path}'s server: {self.lines}"
        if self.process.stderr is not None:
            self.process.stderr.close()
        return status

    def said(self, text: str) -> bool:
        return any(text in line for line in self.lines)

    def memory_mb(self) -> tuple[float, float]:
        """Megabytes of all of its processes, shared ones counted once: of their own, and of mapped files."""
        own = mapped = 0
        for pid in family(self.process.pid):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
            figures = {line.split(":")[0]: int(line.split()[1]) for line in lines}
            own += figures["Pss_Anon"]
            mapped += figures["Pss_File"] + figures["Pss_Shmem"]
        return own / 1024, mapped / 1024


def family(pid: int) -> list[int]:
    """The process and all of its descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(below for child in children for below in family(int(child)))]


@contextmanager
def serving(path: Path | None = None, environ: dict[str, str] | None = None) -> Iterator[VectorStore]:
    """A running store, stopped at the end; in a directory of its own unless given one."""
    directory = path or Path(tempfile.mkdtemp(prefix="vectorstore-"))
    store = VectorStore(directory, environ)
    store.start()
    try:
        yield store
        if store.process.poll() is None:
            assert store.stop() == 0, store.lines
    finally:
        if store.process.poll() is None:
            store.kill()
        if path is None:
            shutil.rmtree(directory, ignore_errors=True)
