"""The payloads read lately, as JSON: searches show the same items again and again.

To read a payload costs the engine and us 60 µs, most of it Python objects that become JSON at once.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import orjson
import qdrant_edge as edge

from vectorstore.shard.engine import engine

_MAX_BYTES: Final = 48 * 1024 * 1024
# What an entry takes beside the JSON itself.
_ENTRY_BYTES: Final = 400

PointId = int | str | UUID
"""As a caller has it: one point may be known under several spellings of its UUID."""


class PayloadCache:
    """Of one shard, and right only if `forget` is called after each of its writes."""

    def __init__(self, edge_shard: edge.EdgeShard) -> None:
        self._edge_shard = edge_shard
        self._records: dict[PointId, dict[str, Any]] = {}
        self._bytes = 0

    def records(self, ids: Sequence[PointId]) -> dict[PointId, dict[str, Any]]:
        """Id and payload of each point that exists, ready to be written as JSON."""
        known = self._records
        found = {id_: known[id_] for id_ in ids if id_ in known}
        if len(found) < len(ids):
            missing = [id_ for id_ in dict.fromkeys(ids) if id_ not in found]
            found.update(self._read(missing))
        return found

    def forget(self) -> None:
        self._records.clear()
        self._bytes = 0

    def _read(self, ids: list[PointId]) -> dict[PointId, dict[str, Any]]:
        points = engine(self._edge_shard.retrieve, ids, True, False)
        if len(points) < len(ids):  # some are no more
            by_id = {point.id: point for point in points}
            ids = [id_ for id_ in ids if _own(id_) in by_id]
            points = [by_id[_own(id_)] for id_ in ids]
        read = {}
        for id_, point in zip(ids, points, strict=True):
            payload = orjson.dumps(point.payload or {})
            read[id_] = {"id": point.id, "payload": orjson.Fragment(payload)}
            self._bytes += len(payload) + _ENTRY_BYTES
        if self._bytes > _MAX_BYTES:
            self.forget()
        self._records.update(read)
        return read


def _own(id_: PointId) -> int | UUID:
    """As the engine answers it."""
    return UUID(id_) if isinstance(id_, str) else id_
