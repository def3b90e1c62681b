"""Which call is answered by what."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from vectorstore import collection_calls, point_calls, snapshot_calls
from vectorstore.calls import Call
from vectorstore.envelope import success
from vectorstore.errors import NotAnswered
from vectorstore.targets import INDEX_OF_FIELD, READS, is_read, is_write

Answer: TypeAlias = Callable[[Call], Awaitable[tuple[int, bytes]]]
_Result: TypeAlias = Callable[[Call], Awaitable[Any]]

_OF_COLLECTION: dict[str, _Result] = {
    "GET ": collection_calls.info,
    "PUT ": collection_calls.create,
    "PATCH ": collection_calls.change,
    "DELETE ": collection_calls.delete,
    "GET exists": collection_calls.exists,
    "GET aliases": collection_calls.collection_aliases,
    "GET cluster": collection_calls.cluster,
    "GET snapshots": snapshot_calls.list_all,
    "POST snapshots": snapshot_calls.create,
}
_OTHERS: dict[str, _Result] = {
    "GET collections": collection_calls.list_collections,
    "GET aliases": collection_calls.list_aliases,
    "POST collections/aliases": collection_calls.change_aliases,
}

# What to use instead of the calls that a Qdrant server answers and this one does not. First match counts.
_INSTEAD = (
    ("snapshots", "send the snapshot itself to snapshots/upload of a new collection"),
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
    path = "/".join(parts)
    result = _OTHERS.get(f"{method} {path}")
    if result is None and len(parts) >= 2 and parts[0] == "collections":
        target = f"{method} {'/'.join(parts[2:])}"
        if is_read(target):
            return point_calls.read
        if is_write(target):
            changes_index = target == "PUT index" or target.startswith(INDEX_OF_FIELD)
            return point_calls.change_index if changes_index else point_calls.write
        result = _OF_COLLECTION.get(target)
        if target.startswith("DELETE snapshots/") and len(parts) == 4:
            result = snapshot_calls.delete
    if result is None:
        raise NotAnswered(f"{method} /{path} is not answered here: {_advice(path)}")
    return _enveloped(result)


def only_reads(method: str, parts: tuple[str, ...]) -> bool:
    """Whether a read-only key is enough."""
    return method == "GET" or f"{method} {'/'.join(parts[2:])}" in READS


def _enveloped(result: _Result) -> Answer:
    async def answer(call: Call) -> tuple[int, bytes]:
        return 200, success(call.started_s, await result(call))

    return answer


def _advice(path: str) -> str:
    return next((advice for word, advice in _INSTEAD if word in path), "use a Qdrant server for it")
