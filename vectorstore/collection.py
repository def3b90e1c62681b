"""One open collection: the engine's shard, its writes in order, and what makes them durable."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import qdrant_edge as edge

from vectorstore.collection_files import Description, save, segments_of, shard_path
from vectorstore.collection_settings import edge_config, vector_schema
from vectorstore.engine import engine
from vectorstore.errors import NotFound
from vectorstore.files import sync_path
from vectorstore.group_sync import GroupSync


@dataclass(frozen=True)
class Operation:
    """A write for the engine; `points` is how many it names, None where a filter decides."""

    update: edge.UpdateOperation
    points: int | None


class Collection:
    """Everything here runs on the event loop's thread, which alone calls the engine: it keeps the interpreter
    locked during every call, so more threads would add hand-overs and no speed."""

    def __init__(
        self, name: str, directory: Path, description: Description, indexing_threshold_kb: int
    ) -> None:
        self.name = name
        self.directory = directory
        self.description = description
        self.schema = vector_schema(description.settings)
        self.indexing_threshold_kb = indexing_threshold_kb
        self.shard = open_shard(self.path, description, indexing_threshold_kb)
        self.gate = asyncio.Lock()
        """Held by whoever writes: writers one after the other, or the optimiser at its start and end."""
        self.journal: list[Operation] | None = None
        """The writes since the optimiser's copy was made; None while there is no such copy."""
        self.unsaved_operations = 0
        self.operations = 0
        self.closed = False
        self._sync = GroupSync(self._sync_log)
        self._remember_segments()

    @property
    def path(self) -> Path:
        return shard_path(self.directory, self.description.generation)

    async def write(self, operations: Iterable[Operation], wait: bool) -> int:
        """Apply the writes in order; with `wait`, return once they survive a power cut. Their number."""
        async with self.gate:
            self._check_open()
            for operation in operations:
                self._apply(operation)
                await asyncio.sleep(0)  # let queries in between
            self.operations += 1
            number = self.operations
        if wait:
            await self._sync.wait()
        return number

    def _apply(self, operation: Operation) -> None:
        # First into the journal: a write that fails half-way must fail half-way again in the copy.
        if self.journal is not None:
            self.journal.append(operation)
        self.unsaved_operations += 1
        engine(self.shard.update, operation.update)

    async def describe(self, change: Callable[[Description], None], operation: Operation | None) -> int:
        """Change the description and, with it, the shard."""
        async with self.gate:
            self._check_open()
            if operation is not None:
                self._apply(operation)
            changed = self.description.model_copy(deep=True)
            change(changed)
            await asyncio.to_thread(save, self.directory, changed)
            self.description = changed
            self.operations += 1
            number = self.operations
        await self._sync.wait()
        return number

    def _check_open(self) -> None:
        if self.closed:
            raise NotFound(f"Not found: Collection `{self.name}` doesn't exist!")

    def _sync_log(self) -> None:
        """fsync the engine's write-ahead log, from which a load restores what was not flushed."""
        log = self.path / "wal"
        # Replaced by the optimiser meanwhile: then the new shard was flushed as a whole before it took over.
        with contextlib.suppress(FileNotFoundError):
            for name in os.listdir(log):
                sync_path(log / name)
            sync_path(log)

    def checkpoint(self) -> None:
        """Flush the shard, which also shortens its log and so the next start."""
        self.unsaved_operations = 0
        engine(self.shard.flush)

    def replace_shard(self, shard: edge.EdgeShard, generation: int) -> edge.EdgeShard:
        """Make another generation the current one, on disk first. The shard that it replaces."""
        changed = self.description.model_copy(
            update={"generation": generation, "segments": segments_of(self.directory, generation)}
        )
        save(self.directory, changed)
        replaced, self.shard, self.description = self.shard, shard, changed
        return replaced

    def close(self) -> None:
        self.closed = True
        self.checkpoint()
        engine(self.shard.close)

    def _remember_segments(self) -> None:
        segments = segments_of(self.directory, self.description.generation)
        if segments != self.description.segments:
            self.description = self.description.model_copy(update={"segments": segments})
            save(self.directory, self.description)

    def info(self) -> Any:
        return engine(self.shard.info)


def open_shard(path: Path, description: Description, indexing_threshold_kb: int) -> edge.EdgeShard:
    """Load the engine's directory. Raises StoreError."""
    return engine(edge.EdgeShard.load, str(path), edge_config(description.settings, indexing_threshold_kb))


def create_shard(directory: Path, description: Description, indexing_threshold_kb: int) -> None:
    """Make an empty shard on disk, and its description."""
    path = shard_path(directory, description.generation)
    path.mkdir(parents=True)
    shard = engine(edge.EdgeShard.create, str(path), edge_config(description.settings, indexing_threshold_kb))
    engine(shard.flush)
    engine(shard.close)
    description.segments = segments_of(directory, description.generation)
    save(directory, description)
