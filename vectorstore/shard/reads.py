"""Reads that need no scoring: retrieve, scroll, count, facet."""

from typing import Any

import qdrant_edge as edge
from qdrant_client.http import models

from vectorstore.bodies import at_least_one, refuse_shard_key
from vectorstore.errors import NotFound
from vectorstore.shard.answers import point_id, record, with_payload_of, with_vector_of
from vectorstore.shard.engine import engine
from vectorstore.shard.filters import filter_of, time_text
from vectorstore.shard.shard import Shard

_DIRECTIONS = {models.Direction.ASC: edge.Direction.Asc, models.Direction.DESC: edge.Direction.Desc}


def retrieve(shard: Shard, request: models.PointRequest) -> list[dict[str, Any]]:
    """The points asked for that exist, in the order asked for."""
    refuse_shard_key(request)
    payload, has_payload = with_payload_of(request.with_payload, default=True)
    vector, has_vector = with_vector_of(request.with_vector)
    if payload is True and not has_vector:
        records = shard.payloads.records(request.ids)
        asked = (records[id_] for id_ in request.ids if id_ in records)
        return list({record["id"]: record for record in asked}.values())  # asked for twice, answered once
    found = engine(shard.edge_shard.retrieve, request.ids, payload, vector)
    return [record(point, has_payload, has_vector) for point in found]


def retrieve_one(shard: Shard, identifier: str) -> dict[str, Any]:
    point = int(identifier) if identifier.isdecimal() else identifier
    request = models.PointRequest(ids=[point], with_payload=True, with_vector=True)
    found = retrieve(shard, request)
    if not found:
        raise NotFound(f"Not found: Point with id {identifier} does not exists!")
    return found[0]


def scroll(shard: Shard, request: models.ScrollRequest) -> dict[str, Any]:
    refuse_shard_key(request)
    payload, has_payload = with_payload_of(request.with_payload, default=True)
    vector, has_vector = with_vector_of(request.with_vector)
    asked = edge.ScrollRequest(
        offset=request.offset,
        limit=at_least_one("limit", request.limit, default=10),
        filter=filter_of(request.filter),
        with_payload=payload,
        with_vector=vector,
        order_by=None if request.order_by is None else order_by_of(request.order_by),
    )
    points, following = engine(shard.edge_shard.scroll, asked)
    return {
        "points": [record(point, has_payload, has_vector) for point in points],
        "next_page_offset": None if following is None else point_id(following),
    }


def order_by_of(given: models.OrderByInterface) -> edge.OrderBy:
    if isinstance(given, str):
        return engine(edge.OrderBy, given)
    start: Any = given.start_from
    if start is not None and not isinstance(start, int | float):
        start = time_text(start)
    direction = _DIRECTIONS[given.direction or models.Direction.ASC]
    return engine(edge.OrderBy, given.key, direction=direction, start_from=start)


def count(shard: Shard, request: models.CountRequest) -> dict[str, int]:
    refuse_shard_key(request)
    asked = edge.CountRequest(exact=request.exact is not False, filter=filter_of(request.filter))
    return {"count": engine(shard.edge_shard.count, asked)}


def facet(shard: Shard, request: models.FacetRequest) -> dict[str, Any]:
    refuse_shard_key(request)
    asked = engine(
        edge.FacetRequest,
        request.key,
        limit=at_least_one("limit", request.limit, default=10),
        exact=bool(request.exact),
        filter=filter_of(request.filter),
    )
    hits = engine(shard.edge_shard.facet, asked)
    return {"hits": [{"value": hit.value, "count": hit.count} for hit in hits]}
