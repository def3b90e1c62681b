"""Bounds the calls of one request to the store together, where each alone has its own time-out already."""

import time
from contextvars import ContextVar
from typing import Any


class Deadline:
    """`seconds` from the first call on: what a request did before, such as reading an upload, is free."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends: float | None = None

    def left_s(self) -> float:
        """Seconds that remain; starts the clock. Raises TimeoutError when none do."""
        now = time.monotonic()
        if self._ends is None:
            self._ends = now + self._seconds
        if now >= self._ends:
            raise TimeoutError("the request's time for the store is over")
        return self._ends - now


# Of the request that this thread answers; None elsewhere, as in an ingest.
current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


def shorten_call(request: Any) -> None:
    """Let a call to the store wait no longer than the deadline. A hook of the client's HTTP library."""
    deadline = current.get()
    if deadline is not None:
        deadline.left_s()
        request.extensions["timeout"] = _Waits(request.extensions.get("timeout", {}), deadline)


class _Waits(dict[str, float | None]):
    """How long each step of a call may take; asked for as it begins, since the ones before took time."""

    def __init__(self, own: dict[str, float | None], deadline: Deadline) -> None:
        super().__init__(own)
        self._deadline = deadline

    def get(self, step: str, default: Any = None) -> Any:
        own, left_s = super().get(step, default), self._deadline.left_s()
        return left_s if own is None else min(own, left_s)
