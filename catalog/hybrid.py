"""Hybrid search: what the pictures and what the words find, as one ranking by catalog/ranking.py."""

import numpy as np
from qdrant_client import models

from catalog.collection import LiveCollection
from catalog.encoder import Vectors
from catalog.lookup import payloads_of
from catalog.points import IMAGE, ITEM_ID, KEYWORDS
from catalog.ranking import Scores, fused
from catalog.schema import SEARCH_PARAMS, bm25
from catalog.wanted import Ranked, Words, in_order

# Both searches look deeper than the answer: an item has several pictures, and what is good for both need not
# lead either.
_MIN_CANDIDATES = 100
_CANDIDATES_PER_ITEM = 4
# One picture in so many is expected to be a further one of an item that is there already.
_SPARE_PICTURES = 4


def rank_by_both(
    live: LiveCollection,
    words: tuple[Words, ...],
    vector: Vectors,
    condition: models.Filter,
    depth: int,
    floor: float,
) -> list[Ranked]:
    """At least the best `depth` items that pass, if there are as many; see catalog/search.py."""
    candidates = max(_MIN_CANDIDATES, depth * _CANDIDATES_PER_ITEM)
    while True:
        seen, *said = _batch(live, _requests(words, vector.tolist(), condition, candidates))
        ranked = _items(live, _fused(seen, words, said, floor), depth)
        if len(ranked) >= depth or len(seen) < candidates:
            return ranked
        candidates *= 4  # most of them were further pictures of the same items


def _batch(live: LiveCollection, requests: list[models.QueryRequest]) -> list[list[models.ScoredPoint]]:
    # The plain REST call: the client's own method copies every request, vectors and all.
    batch = models.QueryRequestBatch(searches=requests)
    answer = live.call(
        lambda client, name: client.http.search_api.query_batch_points(name, query_request_batch=batch)
    )
    return [found.points for found in answer.result or []]


def _requests(
    words: tuple[Words, ...], vector: list[float], condition: models.Filter, candidates: int
) -> list[models.QueryRequest]:
    """For the cosines of all that any of the searches finds, then for the BM25 scores of each text.

    No payload is asked for: to read those of some hundred candidates costs the store more than to find them.
    """
    found = [
        models.Prefetch(query=vector, using=IMAGE, params=SEARCH_PARAMS, filter=condition, limit=candidates)
    ]
    found += [
        models.Prefetch(query=bm25(each.text), using=KEYWORDS, filter=condition, limit=candidates)
        for each in words
        if each.share > 0
    ]
    limit = candidates * len(found)
    # Of the candidates and not the best of all: a word may stand in half of the catalogue.
    by_words = [
        models.QueryRequest(prefetch=found, query=bm25(each.text), using=KEYWORDS, limit=limit)
        for each in words
    ]
    return [models.QueryRequest(prefetch=found, query=vector, using=IMAGE, limit=limit), *by_words]


def _fused(
    seen: list[models.ScoredPoint],
    words: tuple[Words, ...],
    said: list[list[models.ScoredPoint]],
    floor: float,
) -> list[tuple[float, models.ScoredPoint]]:
    """The candidates with their scores, best first. Every picture of an item has its keywords."""
    columns = [
        (each.share, _column(seen, {hit.id: hit.score for hit in hits}))
        for each, hits in zip(words, said, strict=True)
    ]
    scores = fused(np.array([hit.score for hit in seen]), floor, columns).tolist()
    return sorted(zip(scores, seen, strict=True), key=lambda pair: (-pair[0], str(pair[1].id)))


def _column(seen: list[models.ScoredPoint], scores: dict[models.ExtendedPointId, float]) -> Scores:
    return np.array([scores.get(hit.id, 0.0) for hit in seen], dtype=np.float64)


def _items(live: LiveCollection, scored: list[tuple[float, models.ScoredPoint]], depth: int) -> list[Ranked]:
    """Each item at its best picture, with its payload: as many pictures are looked up as it takes."""
    best: dict[str, Ranked] = {}
    start, size = 0, depth + depth // _SPARE_PICTURES
    while start < len(scored) and len(best) < depth:
        part = scored[start : start + size]
        payloads = payloads_of(live, [str(hit.id) for _, hit in part])
        for score, hit in part:
            payload = payloads.get(str(hit.id))
            if payload is not None:  # else it was deleted since it was found
                item_id = str(payload[ITEM_ID])
                best.setdefault(item_id, Ranked(str(hit.id), item_id, score, hit.score, payload))
        start += size
    return in_order(best.values())
