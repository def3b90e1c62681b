"""query_points_groups: the best hits of each value of a payload field, which the engine itself cannot do.

Hits are fetched best first until enough groups are seen; a group that is still short is then filled by a
query of its own, so no group is ever shorter than it should be.
"""

from typing import Any

import qdrant_edge as edge
from qdrant_client.http import models

from vectorstore.bodies import at_least_one
from vectorstore.errors import NotAnswered
from vectorstore.shard.answers import record, scored, with_payload_of, with_vector_of
from vectorstore.shard.edge_requests import edge_request
from vectorstore.shard.engine import engine
from vectorstore.shard.payload_path import values_at
from vectorstore.shard.shard import Shard

# Hits fetched at first per hit asked for: most products have one to three pictures.
_OVERFETCH = 3

_Groups = dict[int | str, list[Any]]


def query_groups(shard: Shard, request: models.QueryGroupsRequest) -> dict[str, Any]:
    if request.with_lookup is not None:
        raise NotAnswered("`with_lookup` is not answered here: retrieve the other collection's points by id")
    limit = at_least_one("limit", request.limit, default=10)
    size = at_least_one("group_size", request.group_size, default=3)
    search = _Search(shard, request)
    groups = search.best_groups(limit, size)
    details = _details(shard, request, groups)
    return {
        "groups": [
            {"id": value, "hits": [{**scored(hit), **details[hit.id]} for hit in hits]}
            for value, hits in groups.items()
        ]
    }


def _details(shard: Shard, request: models.QueryGroupsRequest, groups: _Groups) -> dict[Any, Any]:
    """Payload and vectors, fetched for the hits of the answer alone."""
    payload, has_payload = with_payload_of(request.with_payload, default=False)
    vector, has_vector = with_vector_of(request.with_vector)
    hits = {hit.id for hits in groups.values() for hit in hits}
    if not has_payload and not has_vector:
        return dict.fromkeys(hits, {})
    found = engine(shard.edge_shard.retrieve, list(hits), payload, vector)
    return {point.id: record(point, has_payload, has_vector) for point in found}


class _Search:
    """One grouped search, run with as many engine queries as it takes."""

    def __init__(self, shard: Shard, request: models.QueryGroupsRequest) -> None:
        self._shard = shard
        self._path = request.group_by
        shared = request.model_fields_set & models.QueryRequest.model_fields.keys()
        self._request = models.QueryRequest.model_construct(
            **{name: getattr(request, name) for name in shared - {"limit"}}
        )
        self._request.with_payload = self._request.with_vector = False
        self._values: dict[Any, list[int | str]] = {}

    def best_groups(self, limit: int, size: int) -> _Groups:
        fetched = limit * size * _OVERFETCH
        if self._is_bounded():
            self._bound_mmr(limit * size)
        while True:
            hits = self._hits(fetched)
            groups = self._grouped(hits, limit, size)
            if len(hits) < fetched:
                return groups
            if not self._is_bounded() and len(groups) == limit:
                return self._filled(groups, size)
            fetched *= 4

    def _is_bounded(self) -> bool:
        """Whether the query ranks a fixed set of candidates, so that a filter would change its scores."""
        query = self._request.query
        return bool(self._request.prefetch) or (
            isinstance(query, models.NearestQuery) and query.mmr is not None
        )

    def _bound_mmr(self, candidates: int) -> None:
        """Fix MMR's candidates, which otherwise depend on how many hits are fetched."""
        query = self._request.query
        if isinstance(query, models.NearestQuery) and query.mmr and query.mmr.candidates_limit is None:
            mmr = query.mmr.model_copy(update={"candidates_limit": candidates})
            self._request.query = query.model_copy(update={"mmr": mmr})

    def _hits(self, limit: int) -> list[Any]:
        self._request.limit = limit
        asked = edge_request(self._shard, self._request)
        hits: list[Any] = engine(self._shard.edge_shard.query, asked)
        only_path = edge.PayloadSelector.Include([self._path])
        found = engine(self._shard.edge_shard.retrieve, [hit.id for hit in hits], only_path, False)
        self._values = {point.id: self._group_ids(point.payload or {}) for point in found}
        return hits

    def _grouped(self, hits: list[Any], limit: int, size: int) -> _Groups:
        groups: _Groups = {}
        for hit in hits:
            for value in self._values[hit.id]:
                if value in groups:
                    if len(groups[value]) < size:
                        groups[value].append(hit)
                elif len(groups) < limit:
                    groups[value] = [hit]
        return groups

    def _group_ids(self, payload: dict[str, Any]) -> list[int | str]:
        values = values_at(payload, self._path)
        fit = [value for value in values if isinstance(value, int | str) and not isinstance(value, bool)]
        return list(dict.fromkeys(fit))

    def _filled(self, groups: _Groups, size: int) -> _Groups:
        short = [value for value, hits in groups.items() if len(hits) < size]
        if not short:
            return groups
        self._request.limit = size
        asked = [edge_request(self._shard, self._request, self._equals(value)) for value in short]
        found = engine(self._shard.edge_shard.query_batch, edge.QueryBatchRequest(asked))
        return {**groups, **dict(zip(short, found, strict=True))}

    def _equals(self, value: int | str) -> edge.FieldCondition:
        return engine(edge.FieldCondition, self._path, match=edge.MatchValue(value))
