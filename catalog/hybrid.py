"""Hybrid search: what the pictures and what the words find, as one ranking by catalog/ranking.py."""

import numpy as np
from qdrant_client import models

from catalog.collection import LiveCollection
from catalog.encoder import Vectors
from catalog.filters import primary_only
from catalog.points import IMAGE, ITEM_ID, KEYWORDS
from catalog.ranking import Scores, fused
from catalog.schema import SEARCH_PARAMS, bm25
from catalog.wanted import Ranked, Words

# Both searches look deeper than the answer: an item has several pictures, and what is good for both need not
# lead either.
_MIN_CANDIDATES = 100
_CANDIDATES_PER_ITEM = 4


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
        ranked = _fused(seen, words, said, floor)
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
    """For the cosines of all that any of the searches finds, then for the BM25 scores of each text."""
    found = [
        models.Prefetch(query=vector, using=IMAGE, params=SEARCH_PARAMS, filter=condition, limit=candidates)
    ]
    # Every picture of an item has its keywords; the primary one alone makes each item count once.
    primary = primary_only(condition)
    found += [
        models.Prefetch(query=bm25(each.text), using=KEYWORDS, filter=primary, limit=candidates)
        for each in words
        if each.share > 0
    ]
    limit = candidates * len(found)
    by_words = [
        models.QueryRequest(
            query=bm25(each.text), using=KEYWORDS, filter=primary, limit=candidates, with_payload=[ITEM_ID]
        )
        if each.share > 0
        # Among the candidates only: an unwanted word may stand in half of the catalogue.
        else models.QueryRequest(
            prefetch=found, query=bm25(each.text), using=KEYWORDS, limit=limit, with_payload=[ITEM_ID]
        )
        for each in words
    ]
    by_picture = models.QueryRequest(
        prefetch=found, query=vector, using=IMAGE, limit=limit, with_payload=[ITEM_ID]
    )
    return [by_picture, *by_words]


def _fused(
    seen: list[models.ScoredPoint],
    words: tuple[Words, ...],
    said: list[list[models.ScoredPoint]],
    floor: float,
) -> list[Ranked]:
    best: dict[str, models.ScoredPoint] = {}
    for hit in seen:  # best first, so that the first of an item is its best picture
        best.setdefault(_item_id(hit), hit)
    columns = [
        (each.share, _column(best, {_item_id(hit): hit.score for hit in hits}))
        for each, hits in zip(words, said, strict=True)
    ]
    scores = fused(np.array([hit.score for hit in best.values()]), floor, columns)
    ranked = [
        Ranked(str(hit.id), item_id, float(score), hit.score)
        for (item_id, hit), score in zip(best.items(), scores, strict=True)
    ]
    return sorted(ranked, key=lambda entry: (-entry.score, entry.item_id))


def _column(best: dict[str, models.ScoredPoint], scores: dict[str, float]) -> Scores:
    return np.array([scores.get(item_id, 0.0) for item_id in best], dtype=np.float64)


def _item_id(hit: models.ScoredPoint) -> str:
    return str((hit.payload or {})[ITEM_ID])
