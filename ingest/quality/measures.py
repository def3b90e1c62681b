"""The metrics of each query, computed by ir-measures (trec_eval's own C code underneath)."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import ir_measures
import numpy as np
from ir_measures import RR, P, R, nDCG
from numpy.typing import NDArray

Scores = NDArray[np.float64]

# Queries judged at once: what is relevant to each is handed over as one entry an item.
_AT_ONCE = 200


@dataclass(frozen=True)
class Judged:
    """A query's answer, item ids best first, and the ids that are right."""

    answer: Sequence[str]
    relevant: Collection[str]


def per_query(judged: Sequence[Judged], cutoffs: Sequence[int]) -> dict[str, Scores]:
    """By metric, the value of each query, float64 `(queries,)`, in their order.

    recall@k, precision@k and nDCG@k as trec_eval has them, and MRR over the whole answer. A query that finds
    nothing has 0 in all; a precision is over k even if fewer are found.
    """
    measures = {f"recall@{k}": R @ k for k in cutoffs}
    measures |= {f"precision@{k}": P @ k for k in cutoffs}
    measures |= {f"nDCG@{k}": nDCG @ k for k in cutoffs}
    measures["MRR"] = RR
    values = {name: np.zeros(len(judged)) for name in measures}
    names = {measure: name for name, measure in measures.items()}
    for start in range(0, len(judged), _AT_ONCE):
        part = judged[start : start + _AT_ONCE]
        qrels = {str(n): dict.fromkeys(one.relevant, 1) for n, one in enumerate(part)}
        run = {str(n): _scored(one.answer) for n, one in enumerate(part)}
        for value in ir_measures.iter_calc(list(names), qrels, run):
            values[names[value.measure]][start + int(value.query_id)] = value.value
    return values


def _scored(answer: Sequence[str]) -> dict[str, float]:
    """Trec_eval goes by scores and settles equals by id, so that each place gets a score of its own."""
    return {item_id: float(-place) for place, item_id in enumerate(answer)}


def by_group(groups: Sequence[str]) -> Mapping[str, NDArray[np.intp]]:
    """Where the members of each group stand, the groups in the order of their names."""
    found: dict[str, list[int]] = defaultdict(list)
    for place, group in enumerate(groups):
        found[group].append(place)
    return {group: np.array(found[group]) for group in sorted(found)}
