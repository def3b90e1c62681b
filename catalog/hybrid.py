"""Hybrid search: pictures by vector and titles by keyword, fused into one ranking by the engine."""

from typing import Any

from qdrant_client import models

from catalog.encoder import Vectors
from catalog.points import IMAGE, KEYWORDS
from catalog.schema import BM25_MODEL, SEARCH_PARAMS

# Both searches look this much deeper than the answer: an item has several points, and a good one for the mix
# need not lead either list.
CANDIDATES_PER_HIT = 8


def hybrid_query(vector: Vectors, words: str, condition: models.Filter, candidates: int) -> dict[str, Any]:
    """Arguments of a query that fuses the `candidates` best points by picture and by keywords.

    Fused by DBSF (distribution-based score fusion: each list's scores are scaled by its mean and three
    standard deviations, then added) rather than by rank: on 400 titles of 3,370 products that the bundled
    model was not trained on, MRR was .898 against .870 for reciprocal rank fusion, and something that only
    one list holds no longer goes before what nearly leads both.
    """
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
