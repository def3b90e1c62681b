"""The kinds of query: from the client's models to the engine's scoring queries."""

from collections.abc import Callable
from typing import Any

import numpy as np
import qdrant_edge as edge
from qdrant_client.http import models

from vectorstore.errors import BadRequest, NotAnswered
from vectorstore.shard.engine import engine
from vectorstore.shard.examples import Examples
from vectorstore.shard.formulas import formula_of
from vectorstore.shard.reads import order_by_of

# Qdrant's own constant of reciprocal rank fusion.
_RRF_K = 2


def scoring_of(given: models.QueryInterface | None, examples: Examples, limit: int) -> Any:
    """The engine's scoring query, None for none. Raises BadRequest, NotFound or NotAnswered."""
    if given is None:
        return None
    if isinstance(given, models.NearestQuery):
        return _nearest(given, examples, limit)
    build = _QUERIES.get(type(given))
    if build is not None:
        return build(given, examples)
    if type(given).__name__.endswith("Query"):
        raise NotAnswered(f"{type(given).__name__} is not answered here: use nearest, recommend or a fusion")
    return edge.Query.Nearest(examples.vector(given), using=examples.name)


def _nearest(given: models.NearestQuery, examples: Examples, limit: int) -> Any:
    vector = examples.vector(given.nearest)
    if given.mmr is None:
        return edge.Query.Nearest(vector, using=examples.name)
    if examples.is_sparse:
        raise NotAnswered("MMR over a sparse vector is not answered here: use it over a dense one")
    diversity = 0.5 if given.mmr.diversity is None else given.mmr.diversity
    if not 0.0 <= diversity <= 1.0:
        raise BadRequest("Wrong input: `diversity` must be between 0 and 1")
    return edge.Mmr(
        vector=vector,
        lambda_=1.0 - diversity,
        candidates_limit=given.mmr.candidates_limit or limit,
        using=examples.name,
    )


def _recommend(given: models.RecommendQuery, examples: Examples) -> Any:
    asked = given.recommend
    positives = [examples.vector(example) for example in asked.positive or []]
    negatives = [examples.vector(example) for example in asked.negative or []]
    strategy = asked.strategy or models.RecommendStrategy.AVERAGE_VECTOR
    if strategy == models.RecommendStrategy.AVERAGE_VECTOR:
        return edge.Query.Nearest(_average(positives, negatives, examples), using=examples.name)
    if not positives and not negatives:
        raise BadRequest("Bad request: At least one positive or negative vector is required")
    build = (
        edge.Query.RecommendBestScore
        if strategy == models.RecommendStrategy.BEST_SCORE
        else edge.Query.RecommendSumScores
    )
    return build(edge.RecommendQuery(positives, negatives), using=examples.name)


def _average(positives: list[Any], negatives: list[Any], examples: Examples) -> list[float]:
    """Qdrant's average_vector: the mean of the liked ones, moved away from the mean of the disliked ones."""
    if not positives:
        raise BadRequest("Bad request: At least one positive vector ID required with this strategy")
    if examples.is_sparse:
        raise NotAnswered("average_vector over a sparse vector is not answered here: use `best_score`")
    target = np.mean(np.asarray(positives, dtype=np.float32), axis=0)
    if negatives:
        target = 2 * target - np.mean(np.asarray(negatives, dtype=np.float32), axis=0)
    vector: list[float] = target.tolist()
    return vector


def _pairs(given: Any, examples: Examples) -> list[edge.ContextPair]:
    pairs = given if isinstance(given, list) else [given]
    return [
        edge.ContextPair(examples.vector(pair.positive), examples.vector(pair.negative)) for pair in pairs
    ]


def _discover(given: models.DiscoverQuery, examples: Examples) -> Any:
    target = examples.vector(given.discover.target)
    return edge.Query.Discover(
        edge.DiscoverQuery(target, _pairs(given.discover.context, examples)), using=examples.name
    )


def _context(given: models.ContextQuery, examples: Examples) -> Any:
    return edge.Query.Context(edge.ContextQuery(_pairs(given.context, examples)), using=examples.name)


def _fusion(given: models.FusionQuery, _: Examples) -> Any:
    return edge.Fusion.Rrf(_RRF_K) if given.fusion == models.Fusion.RRF else edge.Fusion.Dbsf()


def _rrf(given: models.RrfQuery, _: Examples) -> Any:
    return engine(edge.Fusion.Rrf, given.rrf.k or _RRF_K, weights=given.rrf.weights)


def _text(given: models.TextQuery, examples: Examples) -> Any:
    asked = models.TextQueryInput(query=given.text) if isinstance(given.text, str) else given.text
    if examples.using is None:
        raise BadRequest("Wrong input: a text query needs `using`, the payload field with the text index")
    scoring = None
    if asked.scoring is not None:
        scoring = engine(edge.Bm25Params, **asked.scoring.bm25.model_dump(exclude_none=True))
    return engine(edge.TextQuery, examples.using, asked.query, scoring=scoring)


_QUERIES: dict[type, Callable[[Any, Examples], Any]] = {
    models.RecommendQuery: _recommend,
    models.DiscoverQuery: _discover,
    models.ContextQuery: _context,
    models.FusionQuery: _fusion,
    models.RrfQuery: _rrf,
    models.FormulaQuery: lambda given, _: formula_of(given),
    models.OrderByQuery: lambda given, _: order_by_of(given.order_by),
    models.SampleQuery: lambda _given, _: edge.Sample.Random,
    models.TextQuery: _text,
}
