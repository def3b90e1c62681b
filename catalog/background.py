"""What pictures of this collection look like in general: a sample against which one query is judged."""

import time
from dataclasses import dataclass

import numpy as np

from catalog.collection import LiveCollection
from catalog.encoder import Vectors
from catalog.points import IMAGE

# A mean over as many cosines is right to within a twentieth of their spread.
SAMPLE_SIZE = 512
_KEPT_S = 600.0
# A collection that holds less than a sample is one that is being filled.
_KEPT_WHILE_SMALL_S = 5.0


@dataclass(frozen=True)
class _Sample:
    collection: str
    vectors: Vectors
    centre: Vectors
    until: float


class Background:
    """The first points of the collection by id. Ids are UUIDv5, so these are a random sample of the pictures,
    and every process draws the same one."""

    def __init__(self, live: LiveCollection) -> None:
        self._live = live
        self._sample: _Sample | None = None

    def vectors(self) -> Vectors:
        """float32 `(n, dimension)`; n is at most SAMPLE_SIZE, 0 for a collection without points."""
        return self._fresh().vectors

    def mean_cosine(self, vector: Vectors) -> float:
        """The mean cosine of a unit vector `(dimension,)` with the sample; 0 if that is empty."""
        centre = self._fresh().centre
        return float(centre @ vector) if len(centre) else 0.0

    def _fresh(self) -> _Sample:
        sample, name = self._sample, self._live.name()
        if sample is None or sample.collection != name or time.monotonic() > sample.until:
            self._sample = sample = self._drawn(name)
        return sample

    def _drawn(self, name: str) -> _Sample:
        records, _ = self._live.call(
            lambda client, live: client.scroll(
                live, limit=SAMPLE_SIZE, with_payload=False, with_vectors=[IMAGE]
            )
        )
        rows = [record.vector[IMAGE] for record in records if isinstance(record.vector, dict)]
        kept_s = _KEPT_S if len(rows) == SAMPLE_SIZE else _KEPT_WHILE_SMALL_S
        vectors = np.asarray(rows, dtype=np.float32).reshape(len(rows), -1 if rows else 0)
        centre = vectors.mean(axis=0) if rows else np.zeros(0, dtype=np.float32)
        return _Sample(name, vectors, centre, time.monotonic() + kept_s)
