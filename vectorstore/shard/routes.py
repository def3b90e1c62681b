"""Which call on a collection's points is answered by what."""

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any, TypeAlias

from qdrant_client.http import models

from vectorstore.bodies import parse
from vectorstore.errors import NotAnswered
from vectorstore.shard import groups, queries, reads, writes
from vectorstore.shard.payload_indexes import create_index, delete_index
from vectorstore.shard.points_body import parse_points
from vectorstore.shard.shard import Operation, Shard
from vectorstore.targets import INDEX_OF_FIELD, ONE_POINT

Read: TypeAlias = Callable[[Shard, Any], Any]
Write: TypeAlias = Callable[[Shard, Any], Iterator[Operation]]

READS: dict[str, tuple[Any, Read]] = {
    "POST points": (models.PointRequest, reads.retrieve),
    "POST points/scroll": (models.ScrollRequest, reads.scroll),
    "POST points/count": (models.CountRequest, reads.count),
    "POST facet": (models.FacetRequest, reads.facet),
    "POST points/query": (models.QueryRequest, queries.query),
    "POST points/query/batch": (models.QueryRequestBatch, queries.query_batch),
    "POST points/query/groups": (models.QueryGroupsRequest, groups.query_groups),
}
WRITES: dict[str, tuple[Any, Write]] = {
    "PUT points": (models.PointInsertOperations, writes.upsert),
    "POST points/delete": (models.PointsSelector, writes.delete),
    "POST points/payload": (models.SetPayload, writes.set_payload),
    "PUT points/payload": (models.SetPayload, writes.overwrite_payload),
    "POST points/payload/delete": (models.DeletePayload, writes.delete_payload),
    "POST points/payload/clear": (models.PointsSelector, writes.clear_payload),
    "PUT points/vectors": (models.UpdateVectors, writes.update_vectors),
    "POST points/vectors/delete": (models.DeleteVectors, writes.delete_vectors),
    "POST points/batch": (models.UpdateOperations, writes.batch),
    "PUT index": (models.CreateFieldIndex, create_index),
}


def read_of(target: str, body: bytes) -> Callable[[Shard], Any] | None:
    """What answers the call, None if it is no read."""
    if target.startswith(ONE_POINT):
        return lambda shard: reads.retrieve_one(shard, target.removeprefix(ONE_POINT))
    found = READS.get(target)
    if found is None:
        return None
    model, answer = found
    return lambda shard: answer(shard, _allowed(shard, parse(model, body)))


def _allowed(shard: Shard, request: Any) -> Any:
    shard.strict_mode.check_read(request)
    return request


def write_of(target: str, body: bytes, wait: bool) -> Callable[[Shard], Awaitable[Any]]:
    """What carries out the call. Raises NotAnswered."""
    if target.startswith(INDEX_OF_FIELD):
        field = target.removeprefix(INDEX_OF_FIELD)
        return lambda shard: _write(shard, None, lambda s, _: delete_index(s, field), wait)
    found = WRITES.get(target)
    if found is None:
        raise NotAnswered(f"{target} is not answered here: use a Qdrant server for it")
    model, operations = found
    parsed = parse_points if model is models.PointInsertOperations else partial(parse, model)
    return lambda shard: _write(shard, parsed(body), operations, wait)


async def _write(shard: Shard, request: Any, operations: Write, wait: bool) -> Any:
    # All of it is checked before any of it is applied.
    shard.strict_mode.check_write(request)
    checked = list(operations(shard, request))
    number = await shard.write(checked, wait)
    result = {"operation_id": number, "status": "completed" if wait else "acknowledged"}
    return [result] * len(request.operations) if isinstance(request, models.UpdateOperations) else result
