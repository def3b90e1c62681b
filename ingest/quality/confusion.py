"""Which categories are taken for which: precision of each, and the table of queries against neighbours."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ingest.feeds.columns import NO_CATEGORY
from ingest.quality.intervals import Mean, mean_of
from ingest.quality.measures import by_group
from ingest.quality.neighbours import Found

# A wider table cannot be read; what is rarer is summed up.
MOST_CATEGORIES = 16
OTHER = "all others"


@dataclass(frozen=True)
class Confusion:
    """`rows`: for each category of a query, how often a neighbour is of each of `categories`."""

    categories: list[str]
    rows: list[tuple[str, list[int]]]


def labelled(found: Sequence[Found]) -> list[Found]:
    """Those whose category is known: for the others nothing can be right or wrong."""
    return [one for one in found if one.query.category != NO_CATEGORY]


def precisions(found: Sequence[Found]) -> dict[str, Mean]:
    """The mean precision at 5 by category of the query."""
    values = np.array([one.precision for one in found])
    groups = by_group([one.query.category for one in found])
    return {category: mean_of(values[places]) for category, places in groups.items()}


def confusion(found: Sequence[Found]) -> Confusion:
    asked = Counter(one.query.category for one in found)
    named = sorted(category for category, _ in asked.most_common(MOST_CATEGORIES))
    counts: Counter[tuple[str, str]] = Counter()
    for one in found:
        row = one.query.category if one.query.category in named else OTHER
        for neighbour in one.nearest:
            category = neighbour.shot.category
            counts[row, category if category in named else OTHER] += 1
    used = {name for pair in counts for name in pair}
    categories = [*named, OTHER] if OTHER in used else named
    rows = [(row, [counts[row, column] for column in categories]) for row in categories]
    return Confusion(categories, [row for row in rows if any(row[1])])
