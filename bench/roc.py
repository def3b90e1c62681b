"""How well a score tells two kinds apart: the area under the ROC curve, and how sure that is."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]

_RESAMPLES = 1000


def auc(inside: NDArray[np.bool_], scores: Scores) -> float:
    """The chance that one of `inside` scores above one that is not; ties count half (Mann-Whitney)."""
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    good, bad = inside.sum(), (~inside).sum()
    return float((ranks[inside].sum() - good * (good + 1) / 2) / (good * bad)) if good and bad else np.nan


def interval(inside: NDArray[np.bool_], scores: Scores, names: Sequence[str]) -> tuple[float, float]:
    """95 % bootstrap interval of the AUC; what has one name is drawn together."""
    random = np.random.default_rng(3)
    distinct, of_name = np.unique(names, return_inverse=True)
    groups = [np.flatnonzero(of_name == n) for n in range(len(distinct))]
    draws = (random.integers(0, len(groups), len(groups)) for _ in range(_RESAMPLES))
    parts = (np.concatenate([groups[n] for n in draw]) for draw in draws)
    low, high = np.quantile([auc(inside[part], scores[part]) for part in parts], (0.025, 0.975))
    return float(low), float(high)
