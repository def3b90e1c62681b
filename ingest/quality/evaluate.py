"""One evaluation: queries are asked in one setup or in two, judged, averaged and compared."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from catalog.index import ItemIndex
from ingest.feeds.rows import Problem
from ingest.quality.asked import Asked
from ingest.quality.intervals import Difference, Mean, compared, mean_of
from ingest.quality.measures import Judged, Scores, by_group, per_query
from ingest.quality.setup import Setup

# MRR looks so deep, whatever the cutoffs are.
_DEPTH = 100

Means = dict[str, Mean]


@dataclass(frozen=True)
class Result:
    """What one setup achieves. `engine_recall`: of the exact answer's best, by the largest cutoff."""

    name: str
    model: str
    mode: str
    collection: str
    items: int
    overall: Means
    by_category: dict[str, Means]
    engine_recall: Mean | None


@dataclass(frozen=True)
class Comparison:
    """Two setups over the same queries. `only_first`, `only_second`: how many items only one of them has."""

    differences: dict[str, Difference]
    only_first: int
    only_second: int


@dataclass(frozen=True)
class Evaluation:
    queries: int
    left_out: int
    """Queries that hold no text, in a mode that goes by words alone."""
    cutoffs: tuple[int, ...]
    results: list[Result]
    comparison: Comparison | None = None
    problems: list[Problem] = field(default_factory=list)


def evaluate(
    setups: Sequence[Setup], asked: Sequence[Asked], problems: list[Problem], cutoffs: tuple[int, ...]
) -> Evaluation:
    """Of one setup, or of two beside each other. Raises as ItemIndex and Encoder."""
    if any(setup.mode == "keyword" for setup in setups):
        askable = [one for one in asked if one.query.text is not None]
    else:
        askable = list(asked)
    if not askable:
        return Evaluation(0, len(asked), cutoffs, [], None, problems)
    measured = [_measured(setup, askable, cutoffs) for setup in setups]
    results = [
        _result(setup, askable, values, recall)
        for setup, (values, recall) in zip(setups, measured, strict=True)
    ]
    comparison = None
    if len(setups) == 2:
        first, second = (_items(setup.index) for setup in setups)
        comparison = Comparison(
            compared(*(values for values, _ in measured)), len(first - second), len(second - first)
        )
    return Evaluation(len(askable), len(asked) - len(askable), cutoffs, results, comparison, problems)


def _measured(
    setup: Setup, asked: Sequence[Asked], cutoffs: tuple[int, ...]
) -> tuple[dict[str, Scores], Mean | None]:
    """The metrics of each query, and the engine's recall."""
    queries = setup.understood(asked)
    answers = setup.answers(queries, max(*cutoffs, _DEPTH))
    judged = [Judged(answer, one.relevant) for answer, one in zip(answers, asked, strict=True)]
    recall = None
    if setup.mode != "keyword":  # words are always looked up exactly
        recall = mean_of(np.array(setup.engine_recall(queries, max(cutoffs))))
    return per_query(judged, cutoffs), recall


def _result(
    setup: Setup, asked: Sequence[Asked], values: dict[str, Scores], engine_recall: Mean | None
) -> Result:
    groups = by_group([one.category for one in asked])
    return Result(
        setup.name,
        setup.encoder.name,
        setup.mode,
        setup.index.version(),
        setup.index.count({}),
        {name: mean_of(column) for name, column in values.items()},
        {
            group: {name: mean_of(column[places]) for name, column in values.items()}
            for group, places in groups.items()
        },
        engine_recall,
    )


def _items(index: ItemIndex) -> set[str]:
    return {point.item_id for point in index.points()}
