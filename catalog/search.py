"""Finds items and ranks them: by picture, by keywords or by both; each item once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from qdrant_client import models

from catalog.background import Background
from catalog.collection import LiveCollection
from catalog.encoder import Vectors
from catalog.points import IMAGE, ITEM_ID, KEYWORDS, PRIMARY, Payload
from catalog.ranking import Scores, fused
from catalog.schema import SEARCH_PARAMS, bm25

# Both searches look deeper than the answer: an item has several pictures, and what is good for both need not
# lead either.
_MIN_CANDIDATES = 100
_CANDIDATES_PER_ITEM = 4


@dataclass(frozen=True)
class Likes:
    """The ids of points whose pictures are liked, and of those that are not."""

    liked: tuple[str, ...]
    disliked: tuple[str, ...]


@dataclass(frozen=True)
class Wanted:
    """What to look for. `seen`: a unit vector `(dimension,)`, or likes; None looks for `words` alone.

    `said` is searched for in titles, brands and categories, `unsaid` should not stand there; the shares, 0
    to 1, are how much of the query each makes up.
    """

    seen: Vectors | Likes | None
    said: str = ""
    unsaid: str = ""
    said_share: float = 1.0
    unsaid_share: float = 0.0


@dataclass(frozen=True)
class Ranked:
    """An item found. `score` orders one answer; `cosine` is that of the picture `point_id`, where known."""

    point_id: str
    item_id: str
    score: float
    cosine: float | None
    payload: Payload | None = None


def rank(
    live: LiveCollection, background: Background, wanted: Wanted, condition: models.Filter, depth: int
) -> list[Ranked]:
    """At least the best `depth` items that pass, if there are as many; best first, equals by id."""
    if wanted.seen is None:
        return _by_words(live, wanted.said, condition, depth)
    if isinstance(wanted.seen, np.ndarray) and (wanted.said or wanted.unsaid):
        floor = background.mean_cosine(wanted.seen)
        return _by_both(live, wanted, wanted.seen, condition, depth, floor)
    return _by_picture(live, wanted.seen, condition, depth)


def _by_picture(
    live: LiveCollection, seen: Vectors | Likes, condition: models.Filter, depth: int
) -> list[Ranked]:
    if isinstance(seen, Likes):
        query: Any = models.RecommendQuery(
            recommend=models.RecommendInput(
                positive=list(seen.liked),
                negative=list(seen.disliked),
                strategy=models.RecommendStrategy.BEST_SCORE,
            )
        )
    else:
        query = seen.tolist()
    hits = _groups(live, query, IMAGE, condition, depth)
    is_cosine = not isinstance(seen, Likes)
    return _sorted([_ranked(hit, hit.score if is_cosine else None) for hit in hits])


def _by_words(live: LiveCollection, words: str, condition: models.Filter, depth: int) -> list[Ranked]:
    hits = _groups(live, bm25(words), KEYWORDS, _primary_only(condition), depth)
    return _sorted([_ranked(hit, None) for hit in hits])


def _groups(
    live: LiveCollection, query: Any, using: str, condition: models.Filter, depth: int
) -> list[models.ScoredPoint]:
    """The best point of each of `depth` items."""
    answer = live.call(
        lambda client, name: client.query_points_groups(
            name,
            group_by=ITEM_ID,
            query=query,
            using=using,
            search_params=SEARCH_PARAMS if using == IMAGE else None,
            query_filter=condition,
            group_size=1,
            limit=depth,
            with_payload=True,
        )
    )
    return [hit for group in answer.groups for hit in group.hits]


def _ranked(hit: models.ScoredPoint, cosine: float | None) -> Ranked:
    payload = hit.payload or {}
    return Ranked(str(hit.id), str(payload[ITEM_ID]), hit.score, cosine, payload)


def _by_both(
    live: LiveCollection, wanted: Wanted, vector: Vectors, condition: models.Filter, depth: int, floor: float
) -> list[Ranked]:
    candidates = max(_MIN_CANDIDATES, depth * _CANDIDATES_PER_ITEM)
    while True:
        requests = _requests(wanted, vector.tolist(), condition, candidates)
        lists = _batch(live, requests)
        seen, said = lists[0], lists[1] if wanted.said else []
        unsaid = lists[-1] if wanted.unsaid else []
        ranked = _fused(seen, said, unsaid, wanted, floor)
        if len(ranked) >= depth or len(seen) < candidates:
            return ranked
        candidates *= 4  # most of them were further pictures of the same items


def _batch(live: LiveCollection, requests: list[models.QueryRequest]) -> list[list[models.ScoredPoint]]:
    answers = live.call(lambda client, name: client.query_batch_points(name, requests))
    return [answer.points for answer in answers]


def _requests(
    wanted: Wanted, vector: list[float], condition: models.Filter, candidates: int
) -> list[models.QueryRequest]:
    """For the cosines of all that either search finds, and the BM25 scores of what is and is not wanted."""
    found = [
        models.Prefetch(query=vector, using=IMAGE, params=SEARCH_PARAMS, filter=condition, limit=candidates)
    ]
    requests = []
    if wanted.said:
        # Every picture of an item has its keywords; the primary one alone makes each item count once.
        by_words: dict[str, Any] = {
            "query": bm25(wanted.said),
            "using": KEYWORDS,
            "filter": _primary_only(condition),
            "limit": candidates,
        }
        found.append(models.Prefetch(**by_words))
        requests.append(models.QueryRequest(**by_words, with_payload=[ITEM_ID]))
    if wanted.unsaid:
        unwanted = bm25(wanted.unsaid)
        requests.append(_request(found, unwanted, KEYWORDS, 2 * candidates))
    return [_request(found, vector, IMAGE, 2 * candidates), *requests]


def _request(found: list[models.Prefetch], query: Any, using: str, limit: int) -> models.QueryRequest:
    return models.QueryRequest(prefetch=found, query=query, using=using, limit=limit, with_payload=[ITEM_ID])


def _fused(
    seen: list[models.ScoredPoint],
    said: list[models.ScoredPoint],
    unsaid: list[models.ScoredPoint],
    wanted: Wanted,
    floor: float,
) -> list[Ranked]:
    best: dict[str, models.ScoredPoint] = {}
    for hit in seen:  # best first, so that the first of an item is its best picture
        best.setdefault(_item_id(hit), hit)
    said_of = {_item_id(hit): hit.score for hit in said}
    unsaid_of = {_item_id(hit): hit.score for hit in unsaid}
    scores = fused(
        np.array([hit.score for hit in best.values()]),
        _column(best, said_of),
        _column(best, unsaid_of),
        floor,
        wanted.said_share,
        wanted.unsaid_share,
    )
    ranked = [
        Ranked(str(hit.id), item_id, float(score), hit.score)
        for (item_id, hit), score in zip(best.items(), scores, strict=True)
    ]
    return _sorted(ranked)


def _sorted(ranked: list[Ranked]) -> list[Ranked]:
    """Equals by id: the engine's own order of them depends on how many it is asked for."""
    return sorted(ranked, key=lambda entry: (-entry.score, entry.item_id))


def _column(best: dict[str, models.ScoredPoint], scores: dict[str, float]) -> Scores:
    return np.array([scores.get(item_id, 0.0) for item_id in best], dtype=np.float64)


def _item_id(hit: models.ScoredPoint) -> str:
    return str((hit.payload or {})[ITEM_ID])


def _primary_only(condition: models.Filter) -> models.Filter:
    primary = models.FieldCondition(key=PRIMARY, match=models.MatchValue(value=True))
    must = condition.must if isinstance(condition.must, list) else []
    return condition.model_copy(update={"must": [*must, primary]})
