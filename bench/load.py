"""Loads the service until it is full, holds at twice that, and tells what came of it: `python -m bench.load`.

Starts a store, fills it with the sample catalogue, then gunicorn with one worker, then locust. Meanwhile it
asks /healthz and /metrics as a watcher does and looks at the memory of the web worker. Exits 1 if a request
was answered otherwise than with 200, or with 429 or 503 and Retry-After, or a watcher got no answer.
`--unlimited` serves as gunicorn alone would: 8 threads, and requests that wait without an end to it.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from bench.machine import machine
from ingest.sample import draw_catalogue
from tests.processes import ROOT, free_port, run_program, running, wait_until_ready
from tests.vectorstore_process import family

_KEY = "load-0123456789abcdef"
_LOOK_S = 2.0
_LIMIT_S = 4 * 3600.0


@dataclass
class Watched:
    """What the watcher saw: `memory_mb` by time, seconds that /healthz and /metrics took, and what failed."""

    memory_mb: list[tuple[float, float]] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def slope_mb_per_hour(self, since: float, until: float) -> float:
        """Of a line through the later four fifths, since caches fill at first."""
        looks = [(at, mb) for at, mb in self.memory_mb if since + (until - since) / 5 <= at <= until]
        if len(looks) < 3:
            return 0.0
        at, mb = np.array(looks).T
        return float(np.polyfit((at - at[0]) / 3600, mb, 1)[0])

    def between(self, since: float, until: float) -> list[float]:
        return [mb for at, mb in self.memory_mb if since <= at <= until]


@dataclass
class Loaded:
    """`steps`: as bench/load_user.py writes them, the last one at twice the limit."""

    steps: list[dict[str, Any]]
    watched: Watched

    def faults(self) -> list[str]:
        told = [f"{step['failed']} failed: {step['failures']}" for step in self.steps if step["failed"]]
        return told + self.watched.failures


def load(
    feed: Path, folder: Path, hold_s: float, step_s: float, more: int, unlimited: bool = False
) -> Loaded:
    """Ingest the feed, load the service over it, and watch. `folder`: for what they all write."""
    with _serving(feed, folder, unlimited) as (url, master):
        watched, over = Watched(), threading.Event()
        watcher = threading.Thread(target=_watch, args=(url, master, watched, over))
        watcher.start()
        try:
            steps = _locust(url, feed, folder, {"HOLD_S": hold_s, "STEP_S": step_s, "MORE": more})
        finally:
            over.set()
            watcher.join()
    return Loaded(steps, watched)


@contextmanager
def _serving(feed: Path, folder: Path, unlimited: bool) -> Iterator[tuple[str, int]]:
    """Its address, and the process id of gunicorn's master."""
    store_port, port = free_port(), free_port()
    environ = {
        "QDRANT_URL": f"http://127.0.0.1:{store_port}", "STATE_DIR": str(folder / "state"), "PORT": str(port),
        "THUMBNAIL_DIR": str(folder / "thumbnails"), "WEB_CONCURRENCY": "1", "RATE_LIMIT": "off",
        "LOG_LEVEL": "WARNING", "API_KEYS": f"admin:{_KEY}", "INDEX_ALIAS": "load",
    }  # fmt: skip
    start = ("-m", "vectorstore", "--path", folder / "store", "--port", store_port)
    with running(*start, log=folder / "store.log") as store:
        wait_until_ready(f"{environ['QDRANT_URL']}/readyz", store)
        filled = run_program("-m", "ingest", "run", feed, environ=environ, timeout_s=600)
        assert filled.returncode == 0, filled.stderr[-2000:]
        options = ("--threads", 8) if unlimited else ()
        with running("-m", "gunicorn", *options, log=folder / "web.log", environ=environ) as web:
            url = f"http://127.0.0.1:{port}"
            wait_until_ready(f"{url}/readyz", web)
            yield url, web.pid


def _locust(url: str, feed: Path, folder: Path, given: dict[str, object]) -> list[dict[str, Any]]:
    """In a process of its own: it replaces Python's sockets and threads by gevent's."""
    steps = folder / "steps.jsonl"
    with feed.open(encoding="utf-8", newline="") as rows:
        ids = [row["id"] for row in csv.DictReader(rows)]
    environ = {
        "STEPS": steps, "KEY": _KEY, "ITEMS": ",".join(ids), **given,
        "PICTURE": next(feed.parent.rglob("*.jpg")),
    }  # fmt: skip
    command = [sys.executable, "-m", "locust", "--headless", "--only-summary", "--host", url]
    ended = subprocess.run(
        [*command, "--locustfile", str(ROOT / "bench" / "load_user.py")],
        env={**os.environ, **{f"LOAD_{name}": str(value) for name, value in environ.items()}},
        cwd=ROOT, capture_output=True, text=True, timeout=_LIMIT_S, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-3000:]
    return [json.loads(line) for line in steps.read_text(encoding="utf-8").splitlines()]


def _watch(url: str, master: int, watched: Watched, over: threading.Event) -> None:
    with httpx.Client(base_url=url, timeout=60, headers={"Authorization": f"Bearer {_KEY}"}) as http:
        while not over.wait(_LOOK_S):
            for path in ("/healthz", "/metrics"):
                began = time.perf_counter()
                try:
                    status = http.get(path).status_code
                except httpx.HTTPError as error:
                    watched.failures.append(f"{path}: {error!r}")
                    continue
                watched.seconds.setdefault(path, []).append(time.perf_counter() - began)
                if status != 200:
                    watched.failures.append(f"{path}: {status}")
            watched.memory_mb.append((time.time(), sum(map(_own_mb, family(master)[1:]))))


def _own_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private")) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30, help="how long it holds at twice the limit")
    parser.add_argument("--step", type=float, default=10, help="seconds of each step before")
    parser.add_argument("--more", type=int, default=10, help="customers that come with each step")
    parser.add_argument("--unlimited", action="store_true", help="without the limit on what waits")
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw_catalogue(folder / "shop")
        feed = folder / "shop" / "products.csv"
        loaded = load(feed, folder, options.minutes * 60, options.step, options.more, options.unlimited)
    _tell(loaded)
    for fault in loaded.faults():
        print(f"FAULT: {fault}")
    sys.exit(1 if loaded.faults() else 0)


def _tell(loaded: Loaded) -> None:
    columns = (
        "users",
        "answered_per_s",
        "refused_per_s",
        "p50_ms",
        "p95_ms",
        "p99_ms",
        "longest_ms",
        "failed",
    )
    print(" ".join(f"{column:>14}" for column in columns))
    for step in loaded.steps:
        print(" ".join(f"{step[column]:>14}" for column in columns))
    held, watched = loaded.steps[-1], loaded.watched
    since, until = held["at"] - held["seconds"], held["at"]
    memory = watched.between(since, until) or [0.0]
    print(f"held for {held['seconds']} s; refused in {held['refused_p95_ms']} ms (p95)")
    print(f"memory of the web worker: {memory[0]:.0f} MB at first, {memory[-1]:.0f} at last,"
          f" most {max(memory):.0f}; {watched.slope_mb_per_hour(since, until):+.1f} MB an hour")  # fmt: skip
    for path, seconds in watched.seconds.items():
        p95 = np.percentile(seconds, 95)
        print(f"{path}: {len(seconds)} asked, p95 {p95:.3f} s, longest {max(seconds):.3f} s")


if __name__ == "__main__":
    main()
