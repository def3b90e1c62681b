"""The figures of an evaluation: metrics by hand and by an oracle, intervals and differences by simulation."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.feeds.open_feed import FetchLimits
from ingest.feeds.rows import Problem
from ingest.feeds.source import open_source
from ingest.quality.intervals import LEAST_VALUES, compared, mean_of
from ingest.quality.measures import Judged, per_query
from ingest.quality.queries import Query, read_queries
from ingest.quality.tables import sentence


def test_metrics_are_those_computed_by_hand() -> None:
    values = per_query([Judged(["a", "b", "c", "d"], {"b", "d", "z"})], (1, 2, 4))
    gain = 1 / math.log2(3) + 1 / math.log2(5)
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    expected = {
        "recall@1": 0, "recall@2": 1 / 3, "recall@4": 2 / 3,
        "precision@1": 0, "precision@2": 1 / 2, "precision@4": 1 / 2,
        "nDCG@1": 0, "nDCG@2": 1 / math.log2(3) / (1 + 1 / math.log2(3)), "nDCG@4": gain / ideal,
        "MRR": 1 / 2,
    }  # fmt: skip
    assert {name: column[0] for name, column in values.items()} == pytest.approx(expected, abs=1e-6)


def by_definition(answer: list[str], relevant: set[str], k: int) -> dict[str, float]:
    """An oracle: the textbook's formulas, written down a second time."""
    hits = [item in relevant for item in answer]
    gain = sum(hit / math.log2(place + 2) for place, hit in enumerate(hits[:k]))
    ideal = sum(1 / math.log2(place + 2) for place in range(min(k, len(relevant))))
    return {
        f"recall@{k}": sum(hits[:k]) / len(relevant),
        f"precision@{k}": sum(hits[:k]) / k,
        f"nDCG@{k}": gain / ideal,
        "MRR": 1 / (hits.index(True) + 1) if True in hits else 0.0,
    }


ITEMS = [f"item {number}" for number in range(14)]


@given(
    st.lists(
        st.tuples(
            st.permutations(ITEMS).flatmap(lambda order: st.integers(0, 14).map(lambda n: order[:n])),
            st.sets(st.sampled_from(ITEMS), min_size=1),
        ),
        min_size=1,
        max_size=5,
    ),
    st.integers(1, 12),
)
@settings(max_examples=40, deadline=None)
def test_metrics_agree_with_their_definition(queries: list[tuple[list[str], set[str]]], k: int) -> None:
    values = per_query([Judged(answer, relevant) for answer, relevant in queries], (k,))
    for place, (answer, relevant) in enumerate(queries):
        expected = by_definition(answer, relevant, k)
        assert {name: column[place] for name, column in values.items()} == pytest.approx(expected, abs=1e-6)


def test_intervals_hold_the_truth_nineteen_times_in_twenty() -> None:
    dice = np.random.default_rng(1)
    truth, times, held = 0.7, 150, 0
    for _ in range(times):
        mean = mean_of((dice.random(60) < truth).astype(np.float64))
        assert mean.low is not None and mean.high is not None
        held += mean.low <= truth <= mean.high
    assert 0.88 <= held / times <= 0.99


def test_of_too_few_values_no_interval_is_claimed() -> None:
    assert mean_of(np.ones(LEAST_VALUES - 1)).low is None
    assert mean_of(np.ones(LEAST_VALUES)).low is not None


def test_an_interval_is_the_same_every_time() -> None:
    values = np.random.default_rng(2).random(40)
    assert mean_of(values) == mean_of(values.copy())


def test_a_real_difference_is_called_real() -> None:
    dice = np.random.default_rng(3)
    first = dice.random(200)
    second = first + 0.05 + dice.normal(0, 0.1, 200)
    one = compared({"MRR": first}, {"MRR": second})["MRR"]
    assert one.is_real and one.difference.low is not None and one.difference.low > 0
    assert "better than a" in sentence("MRR", one, "a", "b")
    assert sentence("MRR", one, "a", "b").endswith("the difference is real.")


def test_no_difference_is_seldom_called_real() -> None:
    dice = np.random.default_rng(4)
    called = 0
    for _ in range(25):
        first = {name: dice.random(40) for name in "xyz"}
        second = {name: column + dice.normal(0, 0.2, 40) for name, column in first.items()}
        called += any(one.is_real for one in compared(first, second).values())
    assert called <= 4  # of 25, 5 % are 1.25; more than 4 come once in 150 times by chance


def test_equal_setups_are_called_equal() -> None:
    one = compared({"MRR": np.ones(9)}, {"MRR": np.ones(9)})["MRR"]
    assert not one.is_real and sentence("MRR", one, "a", "b") == "MRR: b and a are equal."


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"text": "a"}', "relevant: Field required"),
        ('{"text": "a", "image": "b.jpg", "relevant": ["x"]}', "text, image: one of the two should be given"),
        ('{"txt": "a", "relevant": ["x"]}', "txt: unknown field; known here: text, image, relevant"),
        (
            '{"text": "a", "relevant": {"colur": "red"}}',
            "relevant: colur: unknown field; known here",
        ),
        ('{"text": "a", "relevant": {"price": {"gt": 1}}}', "relevant.price.gt: unknown field"),
        ('{"text": "a", "relevant": {}}', "relevant: names no field"),
        ('{"text": "a", "relevant": 7}', "relevant: Input should be a list of ids, or an object"),
        ("{", "not JSON"),
    ],
)
def test_a_bad_line_is_named_and_the_next_one_is_read(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "queries.jsonl"
    path.write_text(f'{line}\n{{"text": "red dress", "relevant": {{"category": ["dresses", "skirts"]}}}}\n')
    bad, good = read_queries(open_source(str(path), FetchLimits()))
    assert isinstance(bad, Problem) and bad.place == "queries.jsonl line 1" and reason in bad.reason
    assert isinstance(good, tuple) and isinstance(good[1], Query) and good[1].text == "red dress"
