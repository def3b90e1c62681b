"""A batch's searches that rank anew what the same prefetches find: these are looked up once.

So asks a hybrid search, which wants the scores of all candidates by their pictures and by their words. The
engine runs each prefetch anew for every search, and scores what it has found again, be it by the same vector.
"""

from collections.abc import Sequence
from itertools import pairwise
from operator import itemgetter
from typing import Any
from uuid import UUID

import qdrant_edge as edge
from qdrant_client.http import models

from vectorstore.bodies import at_least_one
from vectorstore.shard.answers import scored
from vectorstore.shard.edge_requests import edge_request
from vectorstore.shard.engine import engine
from vectorstore.shard.shard import Shard

_VECTORS = (list, models.SparseVector, models.Document)
# What a search may ask for here; one that asks for more is left to the engine.
_FIELDS = {"prefetch", "query", "using", "limit"}
_SMALLER_IS_BETTER = {models.Distance.EUCLID, models.Distance.MANHATTAN}
_EXACT = edge.SearchParams(exact=True, quantization=edge.QuantizationSearchParams(ignore=True))

_score = itemgetter("score")

_HitsById = dict[int | UUID, dict[str, Any]]


def can_share_prefetches(shard: Shard, searches: Sequence[models.QueryRequest]) -> bool:
    """Whether `rescored` answers them."""
    return (
        len(searches) > 1
        and all(_only_ranks(shard, search) for search in searches)
        and all(one.prefetch == other.prefetch for one, other in pairwise(searches))
    )


def _only_ranks(shard: Shard, search: models.QueryRequest) -> bool:
    """Whether it ranks by a vector, best first, what plain searches by vectors find."""
    prefetches = search.prefetch
    if not isinstance(prefetches, list) or not prefetches or _vector_of(search) is None:
        return False
    given = {name for name in search.model_fields_set if getattr(search, name) is not None}
    dense = shard.schema.dense.get(shard.schema.name(search.using))
    return (
        given <= _FIELDS
        and (dense is None or dense.distance not in _SMALLER_IS_BETTER)
        and all(_vector_of(part) is not None and part.prefetch is None for part in prefetches)
    )


def _vector_of(search: models.QueryRequest | models.Prefetch) -> Any:
    """What it ranks by, if that is a vector or a text that becomes one, and nothing besides; else None."""
    query = search.query
    if isinstance(query, models.NearestQuery) and query.mmr is None:
        query = query.nearest
    return query if isinstance(query, _VECTORS) else None


def rescored(shard: Shard, searches: Sequence[models.QueryRequest]) -> list[list[dict[str, Any]]]:
    """The hits of each search, best first."""
    prefetches: Any = searches[0].prefetch
    parts = [models.QueryRequest.model_construct(**dict(part)) for part in prefetches]
    asked = [edge_request(shard, part) for part in parts]
    found = [{hit["id"]: hit for hit in hits} for hits in _hits(shard, asked)]
    # From dictionaries, which know the hashes of their keys: a UUID works its own out in Python, each time.
    candidates: set[Any] = set().union(*found)
    scores: list[_HitsById] = []
    others: list[edge.QueryRequest] = []
    for search in searches:
        same = next((n for n, part in enumerate(parts) if _scores_as(part, search)), None)
        known = {} if same is None else found[same]
        query = edge_request(shard, _alone(search)).query if same is None else asked[same].query
        scores.append(known)
        others.append(_ranking(query, candidates.difference(known)))
    return [
        _best(search, [*known.values(), *hits])
        for search, known, hits in zip(searches, scores, _hits(shard, others), strict=True)
    ]


def _hits(shard: Shard, asked: Sequence[edge.QueryRequest]) -> list[list[dict[str, Any]]]:
    found = engine(shard.edge_shard.query_batch, edge.QueryBatchRequest(list(asked)))
    return [[scored(hit) for hit in hits] for hits in found]


def _scores_as(part: models.QueryRequest, search: models.QueryRequest) -> bool:
    """Whether the scores of `part` are those of `search`: by the same vector, and not of quantised ones."""
    if part.params is not None:
        quantization = part.params.quantization
        if part.params.idf is not None or (quantization is not None and quantization.rescore is False):
            return False
    return part.using == search.using and _vector_of(part) == _vector_of(search)


def _alone(search: models.QueryRequest) -> models.QueryRequest:
    return search.model_copy(update={"prefetch": None})


def _ranking(query: Any, candidates: set[Any]) -> edge.QueryRequest:
    """For the scores of the candidates by the engine's query; some may lack such a vector."""
    only = edge.Filter(must=[edge.HasIdCondition(candidates)])
    return edge.QueryRequest(limit=max(1, len(candidates)), query=query, filter=only, params=_EXACT)


def _best(search: models.QueryRequest, hits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    hits.sort(key=_score, reverse=True)
    return hits[: at_least_one("limit", search.limit, default=10)]
