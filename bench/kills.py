"""Kills ingests and the store at random, resumes each time, and compares: `python -m bench.kills FEED`."""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from bench.ingest_process import ROOT
from tests.processes import free_port
from tests.vectorstore_process import VectorStore

LIMIT_S = 1_800.0


class _Store(VectorStore):
    """A store that comes back at the same port, so that what waits for it finds it again."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._port = free_port()

    def launch(self, *arguments: str) -> None:
        super().launch(*(arguments or ("--port", str(self._port))))


class Ordeal:
    """An ingest of one feed that is killed again and again; `hits`: how often what was killed."""

    def __init__(self, feed: Path, folder: Path, seed: int) -> None:
        self.hits: Counter[str] = Counter()
        self.store = _Store(folder / "store")
        self._feed, self._folder = feed, folder
        self._dice = random.Random(seed)  # noqa: S311 - moments, no secrets

    def kill(self, kills: int, wait_s: tuple[float, float]) -> None:
        """Kill as often as asked, each some seconds after a run has begun to write."""
        began, run = time.time(), self._begin("run", self._feed, "--resume")
        for _ in range(kills):
            if run.poll() is not None:
                began, run = time.time(), self._begin("run", self._feed, "--resume")
            self._wait_for_writes(run, began)
            time.sleep(self._dice.uniform(*wait_s))
            hit = self._dice.choice(["run", "store", "run and store"])
            self.hits[hit if run.poll() is None else f"{hit}, the run being over"] += 1
            if hit.startswith("run"):
                run.kill()
                run.wait()
            if hit.endswith("store"):
                self.store.kill()
                time.sleep(self._dice.uniform(0, 1))
                self.store.start()
        run.kill()
        run.wait()

    def verify(self) -> None:
        """Let a run come to its end, and compare. Raises AssertionError where index and feed differ."""
        for command in ("run", "verify"):
            options = ["--resume"] if command == "run" else []
            status = self._begin(command, self._feed, *options).wait(LIMIT_S)
            assert status == 0, (command, status, self.log()[-3000:])

    def log(self) -> str:
        return (self._folder / "log").read_text(encoding="utf-8")

    def _wait_for_writes(self, run: "subprocess.Popen[bytes]", began: float) -> None:
        """Until the run has kept a batch that it has finished, or is over."""
        deadline = time.monotonic() + LIMIT_S
        while run.poll() is None and not self._has_kept_something_since(began):
            assert time.monotonic() < deadline, self.log()[-3000:]
            time.sleep(0.02)

    def _has_kept_something_since(self, began: float) -> bool:
        logs = (self._folder / "state").glob("run-*.sqlite-wal")
        return any(log.stat().st_size and log.stat().st_mtime > began for log in logs if log.exists())

    def _begin(self, command: str, *arguments: object) -> "subprocess.Popen[bytes]":
        environ = {
            "QDRANT_URL": self.store.url, "INDEX_ALIAS": "kills", "STATE_DIR": str(self._folder / "state"),
            "THUMBNAIL_DIR": str(self._folder / "thumbnails"), "INGEST_BATCH_ITEMS": "32",
        }  # fmt: skip
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "ingest", command, *map(str, arguments)],
                cwd=ROOT, env={**os.environ, **environ}, stdout=log, stderr=log,
            )  # fmt: skip


def ordeal(feed: Path, folder: Path, kills: int, wait_s: tuple[float, float], seed: int = 1) -> Ordeal:
    """Kill, resume, and verify."""
    it = Ordeal(feed, folder, seed)
    it.store.start()
    try:
        it.kill(kills, wait_s)
        it.verify()
        assert it.store.stop() == 0, it.store.lines
    finally:
        if it.store.process.poll() is None:
            it.store.kill()
    return it


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.kills", description=__doc__)
    parser.add_argument("feed", type=Path)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--longest", type=float, default=15.0, help="seconds until a kill, at most")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        hits = ordeal(options.feed, Path(name), options.kills, (0.0, options.longest), options.seed).hits
    print(f"{options.kills} SIGKILLs in {time.monotonic() - began:.0f} s, and verify finds no difference:")
    for hit, count in sorted(hits.items()):
        print(f"  {count:3}  {hit}")


if __name__ == "__main__":
    main()
