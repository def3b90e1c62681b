"""query_points: from the client's request to the engine's."""

from typing import Any

import qdrant_edge as edge
from qdrant_client.http import models

from vectorstore.bodies import at_least_one, refuse_shard_key
from vectorstore.errors import BadRequest, BadValue
from vectorstore.shard.engine import engine
from vectorstore.shard.examples import Examples
from vectorstore.shard.filters import filter_of
from vectorstore.shard.scoring import scoring_of
from vectorstore.shard.shard import Shard

# Quantised search does not rescore unless told so, and then loses one hit in seventy.
_RESCORE = edge.QuantizationSearchParams(rescore=True, oversampling=2.0)


def edge_request(shard: Shard, request: models.QueryRequest, more_filter: Any = None) -> edge.QueryRequest:
    """The engine's request; `more_filter` is one more engine condition that every hit must meet."""
    refuse_shard_key(request)
    limit = at_least_one("limit", request.limit, default=10)
    examples = Examples(shard, request.using, request.lookup_from)
    query_ = scoring_of(request.query, examples, limit)
    if request.offset is not None and request.offset < 0:
        raise BadValue("Validation error in JSON body: [offset: must be 0 or larger]")
    return edge.QueryRequest(
        limit=limit,
        offset=request.offset,
        query=query_,
        prefetches=_prefetches(shard, request.prefetch),
        filter=_filter(request.filter, examples, more_filter),
        score_threshold=request.score_threshold,
        params=_params(request.params),
    )


def _prefetches(shard: Shard, given: Any) -> list[edge.Prefetch]:
    if given is None:
        return []
    return [_prefetch(shard, part) for part in (given if isinstance(given, list) else [given])]


def _prefetch(shard: Shard, given: models.Prefetch) -> edge.Prefetch:
    limit = at_least_one("limit", given.limit, default=10)
    examples = Examples(shard, given.using, given.lookup_from)
    query_ = scoring_of(given.query, examples, limit)
    return edge.Prefetch(
        limit=limit,
        query=query_,
        prefetches=_prefetches(shard, given.prefetch),
        params=_params(given.params),
        filter=_filter(given.filter, examples, None),
        score_threshold=given.score_threshold,
    )


def _filter(given: models.Filter | None, examples: Examples, more: Any) -> edge.Filter | None:
    """The filter, without the points that the query itself names, as a Qdrant server does."""
    if more is None and not examples.excluded:
        return filter_of(given)
    must = [condition for condition in (filter_of(given), more) if condition is not None]
    excluded: list[Any] | None = [edge.HasIdCondition(set(examples.excluded))] if examples.excluded else None
    return edge.Filter(must=must or None, must_not=excluded)


def _params(given: models.SearchParams | None) -> edge.SearchParams:
    if given is None:
        return edge.SearchParams(quantization=_RESCORE)
    return engine(
        edge.SearchParams,
        hnsw_ef=given.hnsw_ef,
        exact=bool(given.exact),
        quantization=_quantization(given.quantization),
        indexed_only=bool(given.indexed_only),
        acorn=_acorn(given.acorn),
        idf=_idf(given.idf),
    )


def _quantization(given: models.QuantizationSearchParams | None) -> edge.QuantizationSearchParams:
    if given is None:
        return _RESCORE
    if given.oversampling is not None and given.oversampling < 1.0:
        raise BadRequest("Wrong input: `oversampling` must be 1.0 or larger")
    rescore = given.rescore is not False
    oversampling = given.oversampling or (2.0 if rescore else None)
    return edge.QuantizationSearchParams(
        ignore=bool(given.ignore), rescore=rescore, oversampling=oversampling
    )


def _acorn(given: models.AcornSearchParams | None) -> edge.AcornSearchParams | None:
    if given is None:
        return None
    return edge.AcornSearchParams(enable=bool(given.enable), max_selectivity=given.max_selectivity)


def _idf(given: models.IdfParams | None) -> edge.IdfParams | None:
    if given is None or isinstance(given, models.IdfScope):
        return None
    return edge.IdfParams(corpus=filter_of(given.corpus))
