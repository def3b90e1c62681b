"""Writes: from the client's requests to the engine's operations, every one checked before any is applied."""

from collections.abc import Callable, Iterator
from typing import Any

import qdrant_edge as edge
from qdrant_client.http import models

from vectorstore.bodies import refuse_shard_key
from vectorstore.collection_settings import UNNAMED
from vectorstore.errors import BadRequest, BadValue
from vectorstore.shard.engine import engine
from vectorstore.shard.filters import filter_of
from vectorstore.shard.shard import Operation, Shard

# The engine keeps every other call waiting during one operation: 256 points cost it 5 to 10 ms.
_POINTS_PER_OPERATION = 256
_MODES = {mode: getattr(edge.UpdateMode, mode.name.title().replace("_", "")) for mode in models.UpdateMode}
_UPDATE = edge.UpdateOperation


def upsert(shard: Shard, request: models.PointsList | models.PointsBatch) -> Iterator[Operation]:
    refuse_shard_key(request)
    condition = filter_of(request.update_filter)
    mode = None if request.update_mode is None else _MODES[request.update_mode]
    points = request.points if isinstance(request, models.PointsList) else _unbatched(request.batch)
    if not points:
        raise BadRequest("Wrong input: Empty update request")
    for start in range(0, len(points), _POINTS_PER_OPERATION):
        part = points[start : start + _POINTS_PER_OPERATION]
        vectors = [shard.schema.stored(point.vector) for point in part]
        shard.schema.check_numbers(vectors)
        built = [
            engine(edge.Point, point.id, vector, point.payload or {})
            for point, vector in zip(part, vectors, strict=True)
        ]
        yield Operation(_UPDATE.upsert_points(built, condition=condition, update_mode=mode), len(part))


def _unbatched(batch: models.Batch) -> list[models.PointStruct]:
    """The points of a column-wise batch."""
    count = len(batch.ids)
    columns = batch.vectors if isinstance(batch.vectors, dict) else {UNNAMED: batch.vectors}
    payloads = batch.payloads if batch.payloads is not None else [None] * count
    if len(payloads) != count or any(len(column) != count for column in columns.values()):
        raise BadValue("Validation error in JSON body: [batch: ids, vectors and payloads must match]")
    return [
        models.PointStruct.model_construct(
            id=identifier,
            vector={name: column[row] for name, column in columns.items()},
            payload=payloads[row],
        )
        for row, identifier in enumerate(batch.ids)
    ]


def update_vectors(shard: Shard, request: models.UpdateVectors) -> Iterator[Operation]:
    refuse_shard_key(request)
    vectors = [shard.schema.stored(point.vector) for point in request.points]
    shard.schema.check_numbers(vectors)
    built = [
        engine(edge.PointVectors, point.id, vector)
        for point, vector in zip(request.points, vectors, strict=True)
    ]
    yield Operation(_UPDATE.update_vectors(built, condition=filter_of(request.update_filter)), len(built))


def delete_vectors(shard: Shard, request: models.DeleteVectors) -> Iterator[Operation]:
    names = [shard.schema.name(name) for name in request.vector]
    yield _selected(request, _UPDATE.delete_vectors, _UPDATE.delete_vectors_by_filter, names)


def delete(_: Shard, request: models.PointIdsList | models.FilterSelector) -> Iterator[Operation]:
    yield _selected(request, _UPDATE.delete_points, _UPDATE.delete_points_by_filter)


def set_payload(_: Shard, request: models.SetPayload) -> Iterator[Operation]:
    arguments = (request.payload, request.key)
    yield _selected(request, _UPDATE.set_payload, _UPDATE.set_payload_by_filter, *arguments)


def overwrite_payload(_: Shard, request: models.SetPayload) -> Iterator[Operation]:
    arguments = (request.payload, request.key)
    yield _selected(request, _UPDATE.overwrite_payload, _UPDATE.overwrite_payload_by_filter, *arguments)


def delete_payload(_: Shard, request: models.DeletePayload) -> Iterator[Operation]:
    yield _selected(request, _UPDATE.delete_payload, _UPDATE.delete_payload_by_filter, request.keys)


def clear_payload(_: Shard, request: models.PointIdsList | models.FilterSelector) -> Iterator[Operation]:
    yield _selected(request, _UPDATE.clear_payload, _UPDATE.clear_payload_by_filter)


def _selected(
    request: Any, by_ids: Callable[..., Any], by_filter: Callable[..., Any], *arguments: Any
) -> Operation:
    """One operation on the points that a request names by ids or by a filter."""
    refuse_shard_key(request)
    ids = getattr(request, "points", None)
    condition = getattr(request, "filter", None)
    if ids is not None:
        return Operation(engine(by_ids, ids, *arguments), len(ids))
    if condition is not None:
        return Operation(engine(by_filter, filter_of(condition), *arguments), None)
    raise BadValue("Validation error in JSON body: [points: either points or filter must be given]")


_BATCHED: dict[type, tuple[str, Callable[[Shard, Any], Iterator[Operation]]]] = {
    models.UpsertOperation: ("upsert", upsert),
    models.DeleteOperation: ("delete", delete),
    models.SetPayloadOperation: ("set_payload", set_payload),
    models.OverwritePayloadOperation: ("overwrite_payload", overwrite_payload),
    models.DeletePayloadOperation: ("delete_payload", delete_payload),
    models.ClearPayloadOperation: ("clear_payload", clear_payload),
    models.UpdateVectorsOperation: ("update_vectors", update_vectors),
    models.DeleteVectorsOperation: ("delete_vectors", delete_vectors),
}


def batch(shard: Shard, request: models.UpdateOperations) -> Iterator[Operation]:
    """The operations of a batch, in order."""
    for operation in request.operations:
        field, build = _BATCHED[type(operation)]
        yield from build(shard, getattr(operation, field))
