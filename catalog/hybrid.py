"""Hybrid search: pictures by vector and titles by keyword, fused into one ranking by the engine."""

from typing import Any

from qdrant_client import models

from catalog.encoder import Vectors
from catalog.points import IMAGE, KEYWORDS
from catalog.schema import BM25_MODEL, SEARCH_PARAMS

# Both searches look deeper than the answer: an item has several points, and what is good for both need not
# lead either. On the sample catalogue precision at 5 was .88 with 40 candidates, .93 with 200, no better with
# more.
MIN_CANDIDATES = 200
CANDIDATES_PER_HIT = 4


def hybrid_query(vector: Vectors, words: str, condition: models.Filter, limit: int) -> dict[str, Any]:
    """Arguments of a query for `limit` items by picture and by keywords.

    Fused by DBSF (distribution-based score fusion: each list's scores are scaled by its mean and three
    standard deviations, then added) rather than by rank: on 400 titles of 3,370 products that the bundled
    model was not trained on, MRR was .912 against .876 for reciprocal rank fusion, and something that only
    one list holds no longer goes before what nearly leads both.
    """
    candidates = max(MIN_CANDIDATES, limit * CANDIDATES_PER_HIT)
    by_picture = models.Prefetch(
        query=vector.tolist(), using=IMAGE, params=SEARCH_PARAMS, filter=condition, limit=candidates
    )
    by_keywords = models.Prefetch(
        query=models.Document(text=words, model=BM25_MODEL),
        using=KEYWORDS,
        filter=condition,
        limit=candidates,
    )
    return {"prefetch": [by_picture, by_keywords], "query": models.FusionQuery(fusion=models.Fusion.DBSF)}
