"""A feed that changes all the time, and the ingest that is run for it, over and over."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import orjson

from tests.chaos.api import Going
from tests.chaos.customers import MOVING, STEADY
from tests.chaos.score import Score
from tests.chaos.town import Town
from tests.chaos.truth import State, Truth
from tests.pictures import jpeg
from tests.processes import ROOT

STEADY_ITEMS, FED_ITEMS = 24, 12


class Feed(Going):
    """Items that nobody changes, and others whose price is the number of the round."""

    def __init__(self, town: Town, truth: Truth, score: Score, over: threading.Event) -> None:
        super().__init__("feed", score, over, 2.0)
        self._town, self._truth = town, truth
        self._folder = town.folder / "feed"
        self._folder.mkdir()
        self.running: subprocess.Popen[bytes] | None = None
        for number in range(STEADY_ITEMS):
            (self._folder / f"{number}.jpg").write_bytes(
                jpeg((number * 10, 250 - number * 9, number * 37 % 256))
            )

    def step(self, number: int) -> None:
        """The outcome of a run that was cut off, or found no store, is not known: its round may be seen."""
        path = self._write(number + 1)
        numbers = {
            f"fed-{n}": self._truth.sent(f"fed-{n}", State(f"Fed {n}", float(number + 1)))
            for n in range(FED_ITEMS)
        }
        if self.ingest(path) == 0:
            self._score.answer("feed run")
            for item_id, sent in numbers.items():
                self._truth.done(item_id, sent)
        else:
            self._score.refusal("feed run cut off")

    def ingest(self, path: Path) -> int:
        with (self._town.folder / "feed.log").open("ab") as log:
            command = [sys.executable, "-m", "ingest", "run", str(path)]
            environ = {**os.environ, **self._town.environ}
            self.running = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)
            return self.running.wait()

    def first(self) -> int:
        return self.ingest(self._write(0, with_fed=False))

    def kill(self) -> int:
        running = self.running
        if running is None or running.poll() is not None:
            return 0
        running.kill()
        return 1

    def _write(self, price: int, with_fed: bool = True) -> Path:
        rows = [_row(f"steady-{n}", f"Steady {n}", STEADY, 5, n) for n in range(STEADY_ITEMS)]
        if with_fed:
            rows += [_row(f"fed-{n}", f"Fed {n}", MOVING, price, n) for n in range(FED_ITEMS)]
        path = self._folder / "feed.jsonl"
        path.write_bytes(b"\n".join(map(orjson.dumps, rows)) + b"\n")
        return path


def _row(item_id: str, title: str, category: str, price: float, picture: int) -> dict[str, object]:
    return {"id": item_id, "title": title, "category": category, "price": price, "images": [f"{picture}.jpg"]}
