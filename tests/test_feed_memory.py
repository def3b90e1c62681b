"""Feeds are streamed: a long one takes no more memory than a short one.

`python -m tests.feed_memory` does the same with 200,000 items of each kind.
"""

from pathlib import Path

import pytest

from tests.feed_memory import KINDS, measure

ITEMS = 15_000
MOST_MB = 9


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_feed_takes_no_more_memory_than_a_short_one(kind: str, tmp_path: Path) -> None:
    count, _, grown = measure(kind, ITEMS, tmp_path)
    assert count == ITEMS
    assert grown < MOST_MB


def test_the_measure_sees_a_feed_that_is_held(tmp_path: Path) -> None:
    assert measure("csv", ITEMS, tmp_path, "--hold")[2] > 1.5 * MOST_MB
