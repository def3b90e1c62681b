"""Remembers the vectors of texts asked for lately: customers ask the same few things again and again."""

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from cachetools import LRUCache

from catalog.encoder import Vectors


@dataclass(frozen=True)
class CacheCounts:
    """Since the encoder was opened."""

    hits: int
    misses: int


class TextCache:
    """At most `size` vectors, the longest unused one dropped first. Threads may share it."""

    def __init__(self, size: int) -> None:
        self._vectors: LRUCache[Hashable, Vectors] = LRUCache(size)
        self._lock = threading.Lock()
        self._hits = self._misses = 0

    @property
    def counts(self) -> CacheCounts:
        with self._lock:
            return CacheCounts(self._hits, self._misses)

    def vectors(self, keys: Sequence[Hashable], embed: Callable[[list[int]], Vectors]) -> Vectors:
        """The vector of each key; `embed` is called with the positions of those not remembered.

        Equal keys must have equal vectors. The model runs outside the lock: two threads may embed one text.
        """
        with self._lock:
            found = [self._vectors.get(key) for key in keys]
            missing = [position for position, vector in enumerate(found) if vector is None]
            self._hits += len(keys) - len(missing)
            self._misses += len(missing)
        if missing:
            fresh = embed(missing)
            fresh.setflags(write=False)  # they are shared from here on
            with self._lock:
                for position, vector in zip(missing, fresh, strict=True):
                    # A copy: else a row would keep the whole batch alive.
                    found[position] = self._vectors[keys[position]] = vector.copy()
        return np.stack([vector for vector in found if vector is not None])
