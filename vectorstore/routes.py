"""Which call is answered by what."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from qdrant_client.http import models

from vectorstore import collection_calls, groups, queries, reads, writes
from vectorstore.bodies import parse
from vectorstore.calls import Call
from vectorstore.errors import NotAnswered

Answer: TypeAlias = Callable[[Call], Awaitable[Any]]


def _read(model: Any, answer: Callable[..., Any]) -> Answer:
    async def run(call: Call) -> Any:
        return answer(call.store.get(call.collection_name), parse(model, call.body))

    return run


def _query(model: Any, answer: Callable[..., Any]) -> Answer:
    async def run(call: Call) -> Any:
        collection = call.store.get(call.collection_name)
        return answer(collection, parse(model, call.body), call.store.get)

    return run


def _write(model: Any, operations: Callable[..., Any], answers_all: bool = False) -> Answer:
    async def run(call: Call) -> Any:
        waits = call.waits
        collection = call.store.get(call.collection_name)
        call.store.check_disk(4 * len(call.body))
        request = parse(model, call.body)
        number = await collection.write(list(operations(collection, request)), waits)
        result = {"operation_id": number, "status": "completed" if waits else "acknowledged"}
        return [result] * len(request.operations) if answers_all else result

    return run


async def _retrieve_one(call: Call) -> Any:
    identifier = call.parts[3]
    point = int(identifier) if identifier.isdecimal() else identifier
    return reads.retrieve_one(call.store.get(call.collection_name), point)


# By method and the path below the collection, of which the part after the last slash may be a `*`.
_OF_COLLECTION: dict[tuple[str, str], Answer] = {
    ("GET", ""): collection_calls.info,
    ("PUT", ""): collection_calls.create,
    ("PATCH", ""): collection_calls.change,
    ("DELETE", ""): collection_calls.delete,
    ("GET", "exists"): collection_calls.exists,
    ("GET", "aliases"): collection_calls.collection_aliases,
    ("PUT", "index"): collection_calls.create_payload_index,
    ("DELETE", "index/*"): collection_calls.delete_payload_index,
    ("GET", "points/*"): _retrieve_one,
    ("POST", "points"): _read(models.PointRequest, reads.retrieve),
    ("POST", "points/scroll"): _read(models.ScrollRequest, reads.scroll),
    ("POST", "points/count"): _read(models.CountRequest, reads.count),
    ("POST", "facet"): _read(models.FacetRequest, reads.facet),
    ("POST", "points/query"): _query(models.QueryRequest, queries.query),
    ("POST", "points/query/batch"): _query(models.QueryRequestBatch, queries.query_batch),
    ("POST", "points/query/groups"): _query(models.QueryGroupsRequest, groups.query_groups),
    ("PUT", "points"): _write(models.PointInsertOperations, writes.upsert),
    ("POST", "points/delete"): _write(models.PointsSelector, writes.delete),
    ("POST", "points/payload"): _write(models.SetPayload, writes.set_payload),
    ("PUT", "points/payload"): _write(models.SetPayload, writes.overwrite_payload),
    ("POST", "points/payload/delete"): _write(models.DeletePayload, writes.delete_payload),
    ("POST", "points/payload/clear"): _write(models.PointsSelector, writes.clear_payload),
    ("PUT", "points/vectors"): _write(models.UpdateVectors, writes.update_vectors),
    ("POST", "points/vectors/delete"): _write(models.DeleteVectors, writes.delete_vectors),
    ("POST", "points/batch"): _write(models.UpdateOperations, writes.batch, answers_all=True),
}
_OTHERS: dict[tuple[str, str], Answer] = {
    ("GET", "collections"): collection_calls.list_collections,
    ("GET", "aliases"): collection_calls.list_aliases,
    ("POST", "collections/aliases"): collection_calls.change_aliases,
}
_READ_BY_POST = {
    "points",
    "points/scroll",
    "points/count",
    "facet",
    "points/query",
    "points/query/batch",
    "points/query/groups",
}

# What to use instead of the calls that a Qdrant server answers and this one does not. First match counts.
_INSTEAD = (
    ("snapshots", "stop the vector store and copy its directory, or ingest the feed again"),
    ("points/search", "use points/query"),
    ("points/recommend", "use points/query with a recommend query"),
    ("points/discover", "use points/query with a discover query"),
    ("vectors", "make a new collection with the other vectors and switch the alias"),
    ("cluster", "this store is one machine: use a Qdrant server for a cluster"),
    ("shards", "this store is one machine: use a Qdrant server for a cluster"),
    ("telemetry", "use /metrics"),
)


def route(method: str, parts: tuple[str, ...]) -> Answer:
    """Raises NotAnswered, which says what to use instead."""
    below = "/".join(parts[2:])
    path = "/".join(parts)
    found = _OTHERS.get((method, path))
    if found is None and len(parts) >= 2 and parts[0] == "collections":
        found = _OF_COLLECTION.get((method, below)) or _OF_COLLECTION.get((method, _with_star(parts)))
    if found is not None:
        return found
    for word, advice in _INSTEAD:
        if word in path:
            raise NotAnswered(f"{method} /{path} is not answered here: {advice}")
    raise NotAnswered(f"{method} /{path} is not answered here: use a Qdrant server for it")


def only_reads(method: str, parts: tuple[str, ...]) -> bool:
    """Whether a read-only key is enough."""
    return method == "GET" or (method == "POST" and "/".join(parts[2:]) in _READ_BY_POST)


def _with_star(parts: tuple[str, ...]) -> str:
    return f"{parts[2]}/*" if len(parts) == 4 else ""
