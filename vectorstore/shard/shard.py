"""The open shard: its writes in order, and what makes them durable."""

import asyncio
import fcntl
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import qdrant_edge as edge
from qdrant_client.http import models

from vectorstore.collection_settings import dense_vectors
from vectorstore.errors import Unavailable
from vectorstore.files import sync_path, sync_tree
from vectorstore.shard.config import edge_config
from vectorstore.shard.engine import engine
from vectorstore.shard.group_sync import GroupSync
from vectorstore.shard.payload_cache import PayloadCache
from vectorstore.shard.payload_path import parts_of
from vectorstore.shard.strict_mode import StrictMode
from vectorstore.shard.vectors import VectorSchema

_TAKE_ATTEMPTS = 100
_TAKE_PAUSE_S = 0.1


@dataclass(frozen=True)
class Operation:
    """A write for the engine; `points` is how many it names, None where a filter decides, 0 for an index."""

    update: edge.UpdateOperation
    points: int | None


class Shard:
    """Everything here runs on the event loop's thread, which alone calls the engine: it keeps the interpreter
    locked during every call, so more threads would add hand-overs and no speed."""

    def __init__(self, path: Path, settings: models.CreateCollection, indexing_threshold_kb: int) -> None:
        self.path = path
        self.schema = VectorSchema(dense_vectors(settings), frozenset(settings.sparse_vectors or {}))
        self.edge_shard = _opened(path, edge_config(settings, indexing_threshold_kb))
        self.payloads = PayloadCache(self.edge_shard)
        self.strict_mode = StrictMode(settings.strict_mode_config, self._indexed)
        self._known_indexes: dict[tuple[str, ...], str] | None = None
        self._turn = asyncio.Lock()
        self._log_sync = GroupSync(self._sync_log)
        self._operations = 0
        self._unflushed = 0
        self._touched_points = 0

    async def write(self, operations: Iterable[Operation], wait: bool) -> int:
        """Apply the writes in order; with `wait`, return once they survive a power cut. Their number."""
        async with self._turn:
            self._operations += 1
            number = self._operations
            for operation in operations:
                self._unflushed += 1
                self._touched_points += 1 if operation.points is None else operation.points
                self._known_indexes = None if operation.points == 0 else self._known_indexes
                try:
                    engine(self.edge_shard.update, operation.update)
                finally:
                    self.payloads.forget()
                await asyncio.sleep(0)  # let queries in between
        if wait:
            await self._log_sync.wait()
        return number

    def _indexed(self) -> dict[tuple[str, ...], str]:
        """The kinds of the payload indexes, by the parts of their paths."""
        if self._known_indexes is None:
            schema = engine(self.edge_shard.info).payload_schema
            self._known_indexes = {
                parts_of(path): str(index.data_type).rpartition(".")[2].lower()
                for path, index in schema.items()
            }
        return self._known_indexes

    def _sync_log(self) -> None:
        """fsync the engine's write-ahead log, from which a load restores what was not flushed."""
        log = self.path / "wal"
        while True:
            try:
                for name in os.listdir(log):
                    sync_path(log / name)
                return sync_path(log)
            except FileNotFoundError:  # the engine has renamed a part of its log meanwhile: once more
                continue

    async def flush(self) -> None:
        """Flush the shard, which also shortens its log and so the next start."""
        if not self._unflushed:
            return
        async with self._turn:
            # The engine's flush keeps queries waiting, mostly for fsync: that first, in a thread.
            await asyncio.to_thread(sync_tree, self.path)
            self._unflushed = 0
            engine(self.edge_shard.flush)

    def status(self, exact: bool) -> dict[str, Any]:
        """Counts; `unindexed` is how many points a search must scan, guessed unless `exact`."""
        found = engine(self.edge_shard.info)
        return {
            "points_count": found.points_count,
            "indexed_vectors_count": found.indexed_vectors_count,
            "segments_count": found.segments_count,
            "payload_points": {field: index.points for field, index in found.payload_schema.items()},
            "touched": self._touched_points,
            "unindexed": self._unindexed(found) if exact else None,
        }

    def _unindexed(self, found: Any) -> int:
        names = [*self.schema.dense, *self.schema.sparse]
        stored = sum(self._count([edge.HasVectorCondition(name)]) for name in names)
        return max(0, stored - int(found.indexed_vectors_count))

    def _count(self, must: list[Any]) -> int:
        count: int = engine(
            self.edge_shard.count, edge.CountRequest(exact=True, filter=edge.Filter(must=must))
        )
        return count

    async def close(self) -> None:
        await self.flush()
        engine(self.edge_shard.close)


def _opened(path: Path, config: edge.EdgeConfig) -> edge.EdgeShard:
    """The engine's directory, made if there is none. Raises StoreError."""
    path.mkdir(parents=True, exist_ok=True)
    _take(path)
    if (path / "segments").is_dir():
        return engine(edge.EdgeShard.load, str(path), config)
    shard = engine(edge.EdgeShard.create, str(path), config)
    engine(shard.flush)
    return shard


def _take(path: Path) -> None:
    """Lock the directory for the life of this process: one of a killed server may take a moment to die."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    for _ in range(_TAKE_ATTEMPTS):
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            time.sleep(_TAKE_PAUSE_S)
    raise Unavailable(f"{path} is still held by the process of another server")
