"""Hybrid search: what the pictures and what the words find, as one ranking by catalog/ranking.py."""

import numpy as np
from qdrant_client import models

from catalog.collection import LiveCollection
from catalog.encoder import Vectors
from catalog.lookup import payloads_of, with_spare
from catalog.points import IMAGE, ITEM_ID, KEYWORDS
from catalog.ranking import fused
from catalog.reads import Json, filtering
from catalog.schema import bm25_json
from catalog.wanted import Ranked, Words, in_order

# Both searches look deeper than the answer: an item has several pictures, and what is good for both need not
# lead either. With 3 for each of 24 items among 40,000 the answer has all but 1 in 80 (of colour and article)
# or 1 in 500 (of titles and three words) of the items that any more would bring, and each of the first five.
_MIN_CANDIDATES = 75
_CANDIDATES_PER_ITEM = 3

# Scores by point id, in the order of the answer.
ScoreById = dict[str, float]


def rank_by_both(
    live: LiveCollection,
    words: tuple[Words, ...],
    vector: Vectors,
    condition: models.Filter,
    depth: int,
    floor: float,
    params: Json,
) -> list[Ranked]:
    """At least the best `depth` items that pass, if there are as many; see catalog/search.py."""
    candidates = max(_MIN_CANDIDATES, depth * _CANDIDATES_PER_ITEM)
    while True:
        searches = _searches(words, vector, condition, candidates, params)
        answers = live.read("points/query/batch", {"searches": searches})
        seen, *said = ({hit["id"]: hit["score"] for hit in answer["points"]} for answer in answers)
        ranked = _items(live, seen, _fused(seen, words, said, floor), depth)
        if len(ranked) >= depth or len(seen) < candidates:
            return ranked
        candidates *= 4  # most of them were further pictures of the same items


def _searches(
    words: tuple[Words, ...],
    vector: Vectors,
    condition: models.Filter,
    candidates: int,
    params: Json,
) -> list[Json]:
    """For the cosines of all that any of the searches finds, then for the BM25 scores of each text.

    No payload is asked for: to read those of some hundred candidates costs the store more than to find them.
    """
    shared = {"limit": candidates, **filtering(condition)}
    said = [(each.share, {"query": bm25_json(each.text), "using": KEYWORDS}) for each in words]
    found = [{"query": vector, "using": IMAGE, "params": params, **shared}]
    found += [{**query, **shared} for share, query in said if share > 0]
    # Of the candidates and not the best of all: a word may stand in half of the catalogue.
    both = {"prefetch": found, "limit": candidates * len(found)}
    by_words = [{**query, **both} for _, query in said]
    return [{"query": vector, "using": IMAGE, **both}, *by_words]


def _fused(
    seen: ScoreById, words: tuple[Words, ...], said: list[ScoreById], floor: float
) -> list[tuple[float, str]]:
    """The candidates' scores and ids, best first. Every picture of an item has its keywords."""
    columns = [
        (each.share, np.array([scores.get(id_, 0.0) for id_ in seen]))
        for each, scores in zip(words, said, strict=True)
    ]
    scores = fused(np.array(list(seen.values())), floor, columns)
    return [(-worse, id_) for worse, id_ in sorted(zip((-scores).tolist(), seen, strict=True))]


def _items(
    live: LiveCollection, seen: ScoreById, scored: list[tuple[float, str]], depth: int
) -> list[Ranked]:
    """Each item at its best picture, with its payload: as many pictures are looked up as it takes."""
    best: dict[str, Ranked] = {}
    start, size = 0, with_spare(depth)
    while start < len(scored) and len(best) < depth:
        part = scored[start : start + size]
        payloads = payloads_of(live, [id_ for _, id_ in part])
        for score, id_ in part:
            payload = payloads.get(id_)
            if payload is not None:  # else it was deleted since it was found
                item_id = str(payload[ITEM_ID])
                best.setdefault(item_id, Ranked(id_, item_id, score, seen[id_], payload))
        start += size
    return in_order(best.values())
