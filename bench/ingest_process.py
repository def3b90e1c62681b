"""`python -m ingest` as a process whose memory is looked at while it runs."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_LOOK_S = 0.5


@dataclass(frozen=True)
class Ended:
    """`memory_mb`: resident, by the second half of the run's looks and the highest of all."""

    seconds: float
    status: int
    lines: list[str]
    late_mb: float
    early_mb: float
    highest_mb: float

    @property
    def told_s(self) -> float:
        """Seconds by the report itself: from the opening of the feed to the last write."""
        return float(self.lines[0].rpartition(" in ")[2].removesuffix(" s"))

    def count(self, name: str) -> int:
        """The figure of a line of the report."""
        line = next((line for line in self.lines if line.startswith(f"  {name} ")), f"  {name} 0")
        return int(line.removeprefix(f"  {name}").split()[0].replace(",", ""))


def ingest(*arguments: object, environ: Mapping[str, str]) -> Ended:
    """Run it to its end. Seconds include its start."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "ingest", *map(str, arguments)],
        cwd=ROOT, env={**os.environ, **environ}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    looks: list[float] = []
    watcher = threading.Thread(target=_watch, args=(process, looks))
    watcher.start()
    output, _ = process.communicate()
    seconds = time.perf_counter() - began
    watcher.join()
    # What a process takes while it loads the model says nothing of how it grows.
    quarter = max(1, len(looks) // 4)
    early, late = looks[quarter : 2 * quarter] or looks, looks[-quarter:] or looks
    return Ended(
        seconds, process.returncode, output.splitlines(),
        late_mb=max(late, default=0), early_mb=max(early, default=0), highest_mb=max(looks, default=0),
    )  # fmt: skip


def _watch(process: "subprocess.Popen[str]", looks: list[float]) -> None:
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
        except OSError:
            return
        resident = [line for line in status.splitlines() if line.startswith("VmRSS")]
        if resident:
            looks.append(int(resident[0].split()[1]) / 1024)
        time.sleep(_LOOK_S)
