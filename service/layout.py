"""How the ranked items of an answer are laid out: near-duplicates folded into one, and unlike ones mixed."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from catalog.encoder import Vectors
from catalog.picture_hash import Bytes, are_near, as_bytes
from catalog.wanted import Ranked


def folded(
    ranked: Sequence[Ranked],
    vectors: Mapping[str, Vectors],
    hashes: Mapping[str, Sequence[str]],
    threshold: float,
) -> dict[str, list[str]]:
    """Per item that stands for itself, in order: the ids of the items whose pictures are nearly the same.

    An item is folded into the one before it with the nearest picture, if their cosine is at least
    `threshold`; else into the first one before it with a near perceptual hash. `vectors`: float32 unit
    vectors `(dimension,)`, `hashes`: as catalog/picture_hash.py has them, both by point id; an item with
    neither stands for itself.
    """
    kept: dict[str, list[str]] = {}
    rows, hashed = _Rows(), _Rows()
    for entry in ranked:
        vector, own = vectors.get(entry.point_id), hashes.get(entry.point_id)
        own_hashes = as_bytes(own) if own else None
        owner = rows.nearest(vector, threshold) if vector is not None else None
        if owner is None and own_hashes is not None:
            owner = hashed.first_near(own_hashes)
        if owner is not None:
            kept[owner].append(entry.item_id)
            continue
        kept[entry.item_id] = []
        if vector is not None:
            rows.add(entry.item_id, vector[None])
        if own_hashes is not None:
            hashed.add(entry.item_id, own_hashes)
    return kept


class _Rows:
    """Rows of items that stand for themselves, and whose each is."""

    def __init__(self) -> None:
        self._owners: list[str] = []
        self._rows: list[npt.NDArray[Any]] = []

    def add(self, owner: str, rows: npt.NDArray[Any]) -> None:
        self._owners += [owner] * len(rows)
        self._rows += list(rows)

    def nearest(self, vector: Vectors, threshold: float) -> str | None:
        """Whose vector has the highest cosine, if that is high enough."""
        if not self._rows:
            return None
        cosines = np.stack(self._rows) @ vector
        nearest = int(cosines.argmax())
        return self._owners[nearest] if cosines[nearest] >= threshold else None

    def first_near(self, hashes: Bytes) -> str | None:
        """Whose hash is near one of these."""
        if not self._rows:
            return None
        near = are_near(np.stack(self._rows)[:, None], hashes[None]).any(axis=1)
        return self._owners[int(near.argmax())] if near.any() else None


def diversified(
    ranked: Sequence[Ranked], vectors: Mapping[str, Vectors], diversity: float, limit: int
) -> list[Ranked]:
    """The `limit` items chosen one by one for their score and for being unlike those chosen before.

    Maximal marginal relevance (Carbonell and Goldstein 1998): (1 - diversity) * score - diversity * highest
    cosine with a chosen picture; scores scaled to 0..1 over `ranked`, so that both weigh the same in any
    kind of search. `vectors`: float32 unit vectors `(dimension,)` by point id.
    """
    pool = [entry for entry in ranked if entry.point_id in vectors]
    if not pool:
        return []
    pictures = np.stack([vectors[entry.point_id] for entry in pool])
    scores = np.array([entry.score for entry in pool])
    relevance = (scores - scores.min()) / max(float(np.ptp(scores)), 1e-9)
    likeness = np.zeros(len(pool))
    chosen: list[Ranked] = []
    left = np.ones(len(pool), dtype=bool)
    while left.any() and len(chosen) < limit:
        worth = np.where(left, (1 - diversity) * relevance - diversity * likeness, -np.inf)
        best = int(worth.argmax())
        chosen.append(pool[best])
        left[best] = False
        likeness = np.maximum(likeness, pictures @ pictures[best])
    return chosen
