"""Finds items and ranks them: by picture, by keywords or by both; each item once."""

from typing import Any

import numpy as np
from qdrant_client import models

from catalog.background import Background
from catalog.collection import LiveCollection
from catalog.encoder import Vectors
from catalog.filters import primary_only
from catalog.hybrid import rank_by_both
from catalog.points import IMAGE, ITEM_ID, KEYWORDS
from catalog.schema import SEARCH_PARAMS, bm25
from catalog.wanted import Likes, Ranked, Wanted, in_order


def rank(
    live: LiveCollection, background: Background, wanted: Wanted, condition: models.Filter, depth: int
) -> list[Ranked]:
    """At least the best `depth` items that pass, if there are as many; best first, equals by id."""
    if wanted.seen is None:
        return _by_words(live, wanted.text, condition, depth)
    if isinstance(wanted.seen, np.ndarray) and wanted.words:
        floor = background.mean_cosine(wanted.seen)
        return rank_by_both(live, wanted.words, wanted.seen, condition, depth, floor)
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
    return in_order([_ranked(hit, hit.score if is_cosine else None) for hit in hits])


def _by_words(live: LiveCollection, words: str, condition: models.Filter, depth: int) -> list[Ranked]:
    hits = _groups(live, bm25(words), KEYWORDS, primary_only(condition), depth)
    return in_order([_ranked(hit, None) for hit in hits])


def _groups(
    live: LiveCollection, query: Any, using: str, condition: models.Filter, depth: int
) -> list[models.ScoredPoint]:
    """The best point of each of `depth` items."""
    request = models.QueryGroupsRequest(
        group_by=ITEM_ID,
        query=query,
        using=using,
        params=SEARCH_PARAMS if using == IMAGE else None,
        filter=condition,
        group_size=1,
        limit=depth,
        with_payload=True,
    )
    # The plain REST call: the client's own method copies the request, vector and all.
    answer = live.call(
        lambda client, name: client.http.search_api.query_points_groups(name, query_groups_request=request)
    )
    groups = answer.result.groups if answer.result else []
    return [hit for group in groups for hit in group.hits]


def _ranked(hit: models.ScoredPoint, cosine: float | None) -> Ranked:
    payload = hit.payload or {}
    return Ranked(str(hit.id), str(payload[ITEM_ID]), hit.score, cosine, payload)
