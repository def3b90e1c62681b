"""How sure a mean is, and whether a difference of two is real: scipy's bootstrap and permutation test."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import bootstrap, false_discovery_control, permutation_test

from ingest.quality.measures import Scores

CONFIDENCE = 0.95
# Resampled from fewer, an interval is narrower than the truth: three equal values would seem to be certain.
LEAST_VALUES = 5
_SEED = 7
_RESAMPLES = 1_999
_SWAPS = 4_999
# Resamples held in memory at once.
_BATCH = 500


@dataclass(frozen=True)
class Mean:
    """A mean over `count` values and its 95 % interval; None where the values are too few to tell."""

    value: float
    low: float | None
    high: float | None
    count: int


@dataclass(frozen=True)
class Difference:
    """Two means over the same queries. `chance`: how likely chance alone brings such a difference or a larger
    one, corrected for the number of metrics that are looked at; `is_real` below 5 %."""

    first: float
    second: float
    difference: Mean
    chance: float
    is_real: bool


def mean_of(values: Scores) -> Mean:
    """The mean and its percentile bootstrap interval, with fixed dice; `values` `(n,)`, n at least 1."""
    mean = float(values.mean())
    if len(values) < LEAST_VALUES:
        return Mean(mean, None, None, len(values))
    interval = bootstrap(
        (values,), np.mean, n_resamples=_RESAMPLES, batch=_BATCH, confidence_level=CONFIDENCE,
        method="percentile", rng=np.random.default_rng(_SEED),
    ).confidence_interval  # fmt: skip
    return Mean(mean, float(interval.low), float(interval.high), len(values))


def compared(first: Mapping[str, Scores], second: Mapping[str, Scores]) -> dict[str, Difference]:
    """Second less first by metric, paired by query: both hold the same queries in the same order.

    The chances are those of a paired permutation test, in which each query's two values change places by a
    coin. They are corrected (Benjamini-Hochberg): of many metrics one would else look real by chance.
    """
    names = list(first)
    raw = [_chance(second[name] - first[name]) for name in names]
    chances = false_discovery_control(raw)
    return {
        name: Difference(
            float(first[name].mean()),
            float(second[name].mean()),
            mean_of(second[name] - first[name]),
            float(chance),
            bool(chance < 1 - CONFIDENCE),
        )
        for name, chance in zip(names, chances, strict=True)
    }


def _chance(differences: Scores) -> float:
    if not differences.any():
        return 1.0
    # With one sample scipy's pairings are changes of sign: to swap two values is to turn their difference.
    return float(
        permutation_test(
            (differences,), np.mean, permutation_type="samples", n_resamples=_SWAPS, batch=_BATCH,
            rng=np.random.default_rng(_SEED),
        ).pvalue
    )  # fmt: skip
