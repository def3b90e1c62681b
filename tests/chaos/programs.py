"""The programs of a shop as processes: killed at will, and started again as a platform does."""

import contextlib
import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.processes import ROOT
from tests.vectorstore_process import family

_LOOK_S = 0.1
_PAUSE_S = 0.5


class Program:
    """`command` with `environ`; what it writes goes to `log`. Kept running from `start` to `stop`."""

    def __init__(self, name: str, command: Sequence[str], environ: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        self.starts = 0
        self._command = list(command)
        self._environ = {**os.environ, **environ}
        self._process: subprocess.Popen[bytes] | None = None
        self._over = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name=f"keep-{name}")

    def start(self) -> None:
        self._keeper.start()

    def stop(self) -> None:
        """By SIGTERM, as a platform does."""
        self._over.set()
        self._keeper.join()
        process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            for pid in self.pids():
                _signal(pid, signal.SIGKILL)
            process.wait()

    def pids(self) -> list[int]:
        """Of the program and all that it has started; empty while it is down."""
        process = self._process
        if process is None or process.poll() is not None:
            return []
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            return family(process.pid)
        return []

    def kill(self, which: Callable[[list[int]], list[int]]) -> int:
        """SIGKILL for some of its processes; how many there were."""
        return sum(_signal(pid, signal.SIGKILL) for pid in which(self.pids()))

    def limit(self, what: int, most: Callable[[int], int] | None) -> int:
        """Bound `what` (resource.RLIMIT_*) by `most` of the process id, None for no bound; how many."""
        done = 0
        for pid in self.pids():
            with contextlib.suppress(OSError, ValueError):
                soft = resource.RLIM_INFINITY if most is None else most(pid)
                resource.prlimit(pid, what, (soft, resource.RLIM_INFINITY))
                done += 1
        return done

    def _keep(self) -> None:
        while not self._over.wait(_LOOK_S):
            if self._process is None or self._process.poll() is not None:
                if self._process is not None and self._over.wait(_PAUSE_S):
                    return
                self.starts += 1
                with self.log.open("ab") as log:
                    log.write(f"--- start {self.starts} at {time.time():.2f}\n".encode())
                    self._process = subprocess.Popen(
                        self._command, cwd=ROOT, env=self._environ, stdout=log, stderr=log
                    )


def address_space_of(pid: int) -> int:
    """Bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def _signal(pid: int, number: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
        return True
    return False
