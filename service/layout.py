"""How the ranked items of an answer are laid out: near-duplicates folded into one, and unlike ones mixed."""

from collections.abc import Mapping, Sequence

import numpy as np

from catalog.encoder import Vectors
from catalog.wanted import Ranked


def folded(
    ranked: Sequence[Ranked], vectors: Mapping[str, Vectors], threshold: float
) -> dict[str, list[str]]:
    """Per item that stands for itself, in order: the ids of the items whose pictures are nearly the same.

    An item is folded into the best one before it with a cosine of at least `threshold` to its own.
    `vectors`: float32 unit vectors `(dimension,)` by point id; an item without one stands for itself.
    """
    kept: dict[str, list[str]] = {}
    owners: list[str] = []
    rows: list[Vectors] = []
    for entry in ranked:
        vector = vectors.get(entry.point_id)
        if vector is not None and rows:
            cosines = np.stack(rows) @ vector
            nearest = int(cosines.argmax())
            if cosines[nearest] >= threshold:
                kept[owners[nearest]].append(entry.item_id)
                continue
        kept[entry.item_id] = []
        if vector is not None:
            owners.append(entry.item_id)
            rows.append(vector)
    return kept


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
