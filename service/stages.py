"""How long each stage of a request took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from service.answers import Took


class Stages:
    """Seconds spent by stage since `started` (of time.perf_counter)."""

    def __init__(self, started: float) -> None:
        self._started = started
        self.seconds = {"decode": 0.0, "encode": 0.0, "search": 0.0}

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] += time.perf_counter() - began

    def add(self, part: "Stages") -> None:
        """Count in what a part of the request took."""
        for stage, seconds in part.seconds.items():
            self.seconds[stage] += seconds

    def took(self) -> Took:
        milliseconds = {stage: round(1000 * seconds, 2) for stage, seconds in self.seconds.items()}
        return Took(**milliseconds, total=round(1000 * (time.perf_counter() - self._started), 2))
