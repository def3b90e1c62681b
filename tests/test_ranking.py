"""The formula of hybrid search: what it promises for any scores."""

from typing import Any

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from catalog.ranking import Scores
from catalog.ranking import fused as fused_texts


def fused(
    cosines: Scores, bm25: Scores, unwanted: Scores, floor: float, said: float, unsaid: float
) -> Scores:
    """Of one text that is wanted and one that is not, by their shares in the query."""
    return fused_texts(cosines, floor, [(said, bm25), (-unsaid, unwanted)])


COSINES = st.integers(-10_000, 10_000).map(lambda number: number / 10_000)
SHARES = st.floats(0, 1)
WORDS = st.one_of(st.just(0.0), st.floats(0.01, 60))


@st.composite
def candidates(draw: st.DrawFn) -> tuple[Any, Any, Any]:
    count = draw(st.integers(1, 12))
    columns = [draw(arrays(np.float64, count, elements=e)) for e in (COSINES, WORDS, WORDS)]
    return columns[0], columns[1], columns[2]


@given(candidates(), COSINES, SHARES, SHARES)
def test_no_score_is_above_one_or_no_number(found: Any, floor: float, said: float, unsaid: float) -> None:
    scores = fused(*found, floor, said, unsaid)
    assert scores.shape == found[0].shape
    assert np.isfinite(scores).all()
    assert scores.max() <= 1 + 1e-9


@given(candidates(), COSINES, SHARES, SHARES, st.data())
def test_a_higher_cosine_never_lowers_an_item_below_its_equals(
    found: Any, floor: float, said: float, unsaid: float, data: st.DataObject
) -> None:
    cosines, bm25, unwanted = found
    assume(cosines.max() > floor)
    one, other = (data.draw(st.integers(0, len(cosines) - 1)) for _ in range(2))
    bm25[one], unwanted[one] = bm25[other], unwanted[other]
    scores = fused(cosines, bm25, unwanted, floor, said, unsaid)
    if cosines[one] >= cosines[other]:
        assert scores[one] >= scores[other] - 1e-9


@given(candidates(), COSINES, SHARES, SHARES, st.data())
def test_more_of_the_words_never_lowers_an_item_below_its_equals(
    found: Any, floor: float, said: float, unsaid: float, data: st.DataObject
) -> None:
    cosines, bm25, unwanted = found
    one, other = (data.draw(st.integers(0, len(cosines) - 1)) for _ in range(2))
    cosines[one], unwanted[one] = cosines[other], unwanted[other]
    scores = fused(cosines, bm25, unwanted, floor, said, unsaid)
    if bm25[one] >= bm25[other]:
        assert scores[one] >= scores[other] - 1e-9


@given(candidates(), COSINES, SHARES, SHARES)
def test_unwanted_words_only_lower(found: Any, floor: float, said: float, unsaid: float) -> None:
    cosines, bm25, unwanted = found
    without = fused(cosines, bm25, np.zeros(len(cosines)), floor, said, 0.0)
    scores = fused(cosines, bm25, unwanted, floor, said, unsaid)
    assert (scores <= without + 1e-9).all()
    assert scores[unwanted == 0].tolist() == without[unwanted == 0].tolist()


@given(candidates(), COSINES, SHARES)
def test_words_that_nothing_holds_leave_the_order_of_the_cosines(
    found: Any, floor: float, said: float
) -> None:
    cosines, none = found[0], np.zeros(len(found[0]))
    assume(cosines.max() > floor)
    scores = fused(cosines, none, none, floor, said, 0.0)
    assert [cosines[n] for n in np.argsort(-scores, kind="stable")] == sorted(cosines, reverse=True)


@given(st.integers(2, 12), COSINES, st.floats(0.01, 1), st.floats(0.01, 60))
def test_the_only_item_that_holds_the_words_leads_among_equals(
    count: int, cosine: float, said: float, bm25: float
) -> None:
    words = np.zeros(count)
    words[count // 2] = bm25
    scores = fused(np.full(count, cosine), words, np.zeros(count), 0.0, said, 0.0)
    assert int(scores.argmax()) == count // 2


def test_an_item_named_in_full_beats_one_that_only_looks_best() -> None:
    cosines, words = np.array([0.40, 0.15]), np.array([0.0, 9.0])
    scores = fused(cosines, words, np.zeros(2), 0.05, 1.0, 0.0)
    assert scores[1] > scores[0]


def test_exact_words_win_where_nothing_looks_right() -> None:
    cosines, words = np.array([0.18, 0.14, 0.12]), np.array([0.0, 9.0, 0.0])
    scores = fused(cosines, words, np.zeros(3), 0.2, 1.0, 0.0)
    assert scores[1] > scores[0] > scores[2] > -2


def test_half_of_the_words_do_not_beat_the_best_picture() -> None:
    cosines, words = np.array([0.40, 0.30, 0.10]), np.array([0.0, 5.0, 10.0])
    scores = fused(cosines, words, np.zeros(3), 0.05, 0.5, 0.0)
    assert scores[0] > scores[1]


def test_nothing_found_is_nothing_scored() -> None:
    none = np.zeros(0)
    assert fused(none, none, none, 0.0, 1.0, 1.0).shape == (0,)
