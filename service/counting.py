"""Counts of what passes a filter, made while it is being ranked and remembered for a moment.

An exact count visits every item that passes, so it costs the more the larger the shop is, where a search does
not. One that took 1 ms is good for 50 ms, one that took 50 ms for 2.5 s: however large the shop, counting
takes a fiftieth of the time at most, and a small shop's counts are never noticeably old.
"""

import threading
import time
from collections.abc import Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Final

from cachetools import TLRUCache

from catalog.filters import Filter
from catalog.index import ItemIndex
from service.answers import Facets
from service.facets import facets_of_all

_REMEMBERED: Final = 512
_KEPT_PER_TIME_TAKEN: Final = 50.0
_LONGEST_KEPT_S: Final = 5.0
# As many as a web worker answers requests at once.
_THREADS: Final = 8


@dataclass(frozen=True)
class Counts:
    total: int
    facets: Facets
    took_s: float


class Counter:
    """Counts in one index. Threads may share it."""

    def __init__(self, index: ItemIndex) -> None:
        self._index = index
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="count")
        self._lock = threading.Lock()
        self._remembered: TLRUCache[Hashable, Counts] = TLRUCache(_REMEMBERED, _until)

    def begin(self, conditions: Filter, fields: list[str]) -> "Future[Counts]":
        """Count the items that pass, and their values of `fields`. It or its result raises as ItemIndex."""
        key = (self._index.version(), tuple(sorted(conditions.items())), tuple(fields))
        with self._lock:
            known = self._remembered.get(key)
        if known is not None:
            return _done(known)
        context = copy_context()  # holds the request's deadline
        try:
            return self._pool.submit(context.run, self._count, key, conditions, fields)
        except RuntimeError:  # for want of memory no thread can be started: one after the other, then
            return _done(self._count(key, conditions, fields))

    def _count(self, key: Hashable, conditions: Filter, fields: list[str]) -> Counts:
        began = time.perf_counter()
        total = self._index.count(conditions)
        facets = facets_of_all(self._index, fields, conditions)
        counts = Counts(total, facets, time.perf_counter() - began)
        with self._lock:
            self._remembered[key] = counts
        return counts


def _done(counts: Counts) -> "Future[Counts]":
    future: Future[Counts] = Future()
    future.set_result(counts)
    return future


def _until(_: Hashable, counts: Counts, now: float) -> float:
    return now + min(_LONGEST_KEPT_S, counts.took_s * _KEPT_PER_TIME_TAKEN)
