"""Finds items and ranks them: by picture, by keywords or by both; each item once."""

from typing import Any

import numpy as np
from qdrant_client import models

from catalog.background import Background
from catalog.collection import LiveCollection
from catalog.encoder import Vectors
from catalog.filters import primary_only
from catalog.hybrid import rank_by_both
from catalog.lookup import with_spare
from catalog.points import IMAGE, ITEM_ID, KEYWORDS
from catalog.reads import Json
from catalog.schema import SEARCH_PARAMS, bm25_json
from catalog.wanted import Likes, Ranked, Wanted, in_order


def rank(
    live: LiveCollection,
    background: Background,
    wanted: Wanted,
    condition: models.Filter,
    depth: int,
    params: Json = SEARCH_PARAMS,
) -> list[Ranked]:
    """At least the best `depth` items that pass, if there are as many; best first, equals by id.

    `params`: how the engine looks for vectors.
    """
    if wanted.seen is None:
        return _by_words(live, wanted.text, condition, depth)
    if isinstance(wanted.seen, np.ndarray) and wanted.words:
        floor = background.mean_cosine(wanted.seen)
        return rank_by_both(live, wanted.words, wanted.seen, condition, depth, floor, params)
    return _by_picture(live, wanted.seen, condition, depth, params)


def _by_picture(
    live: LiveCollection,
    seen: Vectors | Likes,
    condition: models.Filter,
    depth: int,
    params: Json,
) -> list[Ranked]:
    """Not by the store's own groups, which cost it twice as much where most items have one picture."""
    query = _liked(seen) if isinstance(seen, Likes) else seen
    body = {"query": query, "using": IMAGE, "params": params, "filter": condition}
    limit = with_spare(depth)
    while True:
        hits = live.read("points/query", {**body, "limit": limit, "with_payload": True})["points"]
        best: dict[str, Ranked] = {}
        for hit in hits:
            ranked = _ranked(hit, None if isinstance(seen, Likes) else hit["score"])
            best.setdefault(ranked.item_id, ranked)
        if len(best) >= depth or len(hits) < limit:
            return in_order(best.values())
        limit *= 4  # most of them were further pictures of the same items


def _liked(likes: Likes) -> dict[str, Any]:
    examples = {"positive": likes.liked, "negative": likes.disliked, "strategy": "best_score"}
    return {"recommend": examples}


def _by_words(live: LiveCollection, words: str, condition: models.Filter, depth: int) -> list[Ranked]:
    """Every picture of an item has its keywords, so its primary one stands for it. Without their payloads:
    it takes all that have one of the words to count them, and a page of them to show."""
    body = {
        "query": bm25_json(words),
        "using": KEYWORDS,
        "filter": primary_only(condition),
        "limit": depth,
        "with_payload": [ITEM_ID],
    }
    hits = live.read("points/query", body)["points"]
    return in_order([Ranked(hit["id"], str(hit["payload"][ITEM_ID]), hit["score"], None) for hit in hits])


def _ranked(hit: dict[str, Any], cosine: float | None) -> Ranked:
    payload = hit["payload"]
    return Ranked(hit["id"], str(payload[ITEM_ID]), hit["score"], cosine, payload)
