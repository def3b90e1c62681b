"""How what is seen and what is said of a product become one score: the formula of hybrid search."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.floating[Any]]

# How much a product that the words name counts against one that only looks right.
KEYWORD_WEIGHT: Final = 1.0
# A product that holds half of the words is worth far less than half.
SHARPNESS: Final = 4
# What those share that the words name best: a title in full, a brand, an article number.
LEADERS_SHARE: Final = 0.7
# Where nothing looks right, as in a category that the query does not mean, noise must not outweigh words.
LEAST_SPREAD: Final = 0.05
_ROUNDING: Final = 1e-6


def fused(cosines: Scores, floor: float, said: Sequence[tuple[float, Scores]]) -> Scores:
    """One score per candidate, float64 `(n,)`, at most 1.

        seen  = (cosine - floor) / (highest cosine - floor, at least LEAST_SPREAD)
        said  = (bm25 / highest bm25) ** SHARPNESS, + LEADERS_SHARE / leaders for each that has the highest
        score = (seen + sum of w * said) / (1 + sum of w over 0 * (1 + LEADERS_SHARE))

    `cosines`: `(n,)`. `floor`: the mean cosine of the query with the collection, which a product reaches that
    has nothing to do with it. `said`: for each text its share in the query, -1 to 1 and below 0 for what is
    not wanted, and the BM25 scores `(n,)`, 0 for a product with none of the words. w is KEYWORD_WEIGHT times
    the share.

    Both parts are relative to the best of their kind, so the formula holds for any model and any collection.
    `python -m bench.hybrid` measures it against fusion by rank and by distribution; its table stands in
    docs/search.md.
    """
    highest = float(cosines.max(initial=-1.0))
    seen = (cosines - floor) / max(highest - floor, LEAST_SPREAD)
    weights = [KEYWORD_WEIGHT * share for share, _ in said]
    score = seen + sum(weight * _said(bm25) for weight, (_, bm25) in zip(weights, said, strict=True))
    most = 1 + sum(weight for weight in weights if weight > 0) * (1 + LEADERS_SHARE)
    return np.asarray(score / most, dtype=np.float64)


def _said(bm25: Scores) -> Scores:
    highest = float(bm25.max(initial=0.0))
    if highest <= 0:
        return np.zeros(len(bm25))
    share = np.asarray(bm25 / highest, dtype=np.float64)
    leaders = share > 1 - _ROUNDING
    return np.asarray(share**SHARPNESS + leaders * (LEADERS_SHARE / leaders.sum()), dtype=np.float64)
