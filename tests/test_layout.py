"""service/layout.py: near-duplicates folded into one, unlike items mixed."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.encoder import Vectors
from catalog.picture_hash import HASH_BYTES, NEAR_SIGNS
from catalog.wanted import Ranked
from service.layout import diversified, folded


def unit(*values: float) -> Vectors:
    vector = np.asarray(values, dtype=np.float32)
    return vector / np.linalg.norm(vector)


def entry(name: str, score: float) -> Ranked:
    return Ranked(f"point-{name}", name, score, score)


@st.composite
def answers(draw: st.DrawFn) -> tuple[list[Ranked], dict[str, Vectors]]:
    """Ranked items, some of them with pictures that are nearly the same, some without any."""
    count = draw(st.integers(0, 12))
    scores = sorted((draw(st.integers(-50, 100)) / 100 for _ in range(count)), reverse=True)
    ranked = [entry(str(number), score) for number, score in enumerate(scores)]
    rows = {
        item.point_id: unit(*np.eye(4)[draw(st.integers(0, 3))] + draw(st.integers(0, 5)) / 50)
        for item in ranked
        if draw(st.integers(0, 9))
    }
    return ranked, rows


@given(answers(), st.sampled_from([0.9, 0.97, 1.0]))
def test_every_item_is_shown_or_folded_into_one_that_is_shown_before_it(
    answer: Any, threshold: float
) -> None:
    ranked, vectors = answer
    kept = folded(ranked, vectors, {}, threshold)
    names = [item.item_id for item in ranked]
    everyone = [*kept, *(name for duplicates in kept.values() for name in duplicates)]
    assert sorted(everyone) == sorted(names)
    assert list(kept) == [name for name in names if name in kept]
    for owner, duplicates in kept.items():
        for name in duplicates:
            assert names.index(owner) < names.index(name)
            assert vectors[f"point-{owner}"] @ vectors[f"point-{name}"] >= threshold


@given(answers())
def test_no_two_items_that_stand_for_themselves_are_nearly_the_same(answer: Any) -> None:
    ranked, vectors = answer
    shown = [f"point-{name}" for name in folded(ranked, vectors, {}, 0.97) if f"point-{name}" in vectors]
    for number, one in enumerate(shown):
        assert all(vectors[one] @ vectors[other] < 0.97 for other in shown[:number])


def hash_of(number: int, differing: int = 0) -> str:
    """The hash of a picture, of which the first `differing` signs are others."""
    row = np.random.default_rng(number).integers(0, 256, HASH_BYTES, dtype=np.uint8)
    signs = np.unpackbits(row)
    signs[:differing] ^= 1
    return np.packbits(signs).tobytes().hex()


def test_items_with_near_hashes_are_folded_though_their_vectors_are_apart() -> None:
    ranked = [entry(name, 0.5) for name in ("a", "b", "c", "d")]
    vectors = {f"point-{name}": unit(*row) for name, row in zip("abc", np.eye(3), strict=True)}
    hashes = {
        "point-a": [hash_of(1), hash_of(2)],
        "point-b": [hash_of(3), hash_of(2, NEAR_SIGNS)],
        "point-c": [hash_of(2, NEAR_SIGNS + 1)],
        "point-d": [hash_of(3)],
    }
    assert folded(ranked, vectors, hashes, 0.995) == {"a": ["b"], "c": [], "d": []}, "b no longer counts"


@given(answers(), st.floats(0, 1), st.integers(0, 15))
def test_a_diverse_answer_has_as_many_items_as_asked_for_each_once(
    answer: Any, diversity: float, limit: int
) -> None:
    ranked, vectors = answer
    chosen = diversified(ranked, vectors, diversity, limit)
    pool = [item for item in ranked if item.point_id in vectors]
    assert len(chosen) == len({item.item_id for item in chosen}) == min(limit, len(pool))
    assert set(chosen) <= set(pool)


@given(answers())
def test_without_diversity_the_scores_decide(answer: Any) -> None:
    ranked, vectors = answer
    pool = [item for item in ranked if item.point_id in vectors]
    assert diversified(ranked, vectors, 0.0, 20) == pool


@given(answers(), st.floats(0, 0.99))
def test_the_best_item_stays_the_first(answer: Any, diversity: float) -> None:
    ranked, vectors = answer
    for first, best in zip(diversified(ranked, vectors, diversity, 1), ranked[:1], strict=False):
        if best.point_id in vectors:
            assert first.score == best.score


def test_an_unlike_item_comes_before_a_better_one_that_looks_the_same() -> None:
    ranked = [entry("a", 0.9), entry("like a", 0.89), entry("other", 0.7)]
    vectors = {"point-a": unit(1, 0), "point-like a": unit(1, 0.01), "point-other": unit(0, 1)}
    assert [item.item_id for item in diversified(ranked, vectors, 0.5, 3)] == ["a", "other", "like a"]


@pytest.mark.parametrize("diversity", [0.3, 0.7, 1.0])
def test_more_diversity_never_makes_neighbours_more_alike(diversity: float) -> None:
    rows = [unit(1, n / 20, 0) for n in range(6)] + [unit(0, 1, n / 20) for n in range(6)]
    ranked = [entry(str(n), 1 - n / 100) for n in range(12)]
    vectors = {item.point_id: row for item, row in zip(ranked, rows, strict=True)}

    def likeness(chosen: list[Ranked]) -> float:
        return sum(float(vectors[a.point_id] @ vectors[b.point_id]) for a, b in pairwise(chosen))

    assert likeness(diversified(ranked, vectors, diversity, 4)) < likeness(ranked[:4])
