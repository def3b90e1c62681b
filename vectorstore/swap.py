"""One optimisation of one collection: copy, optimise, replay what was written meanwhile, swap in."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess

from vectorstore.collection_files import shard_path
from vectorstore.errors import StoreError, Unavailable
from vectorstore.files import remove_tree
from vectorstore.journal import Journal
from vectorstore.served_collection import ServedCollection
from vectorstore.shard_process import ShardProcess, start_copy
from vectorstore.targets import FLUSH, WAIT

_log = logging.getLogger(__name__)
# Calls under way at once while the journal is replayed: enough to keep the process busy.
_REPLAY_WINDOW = 4
# Writers wait while the last of the journal is replayed: when it is this short, or shrinks no more.
_LAST_CALLS = 16
_SHRINKING = 0.7


class Swap:
    """Runs once. Whatever fails, the collection goes on as it was and the copy is removed."""

    def __init__(self, collection: ServedCollection, context: ForkServerContext) -> None:
        self._collection = collection
        self._context = context
        self._generation = collection.description.generation + 1
        self._target = shard_path(collection.directory, self._generation)
        self._child: ForkServerProcess | None = None
        self._successor: ShardProcess | None = None
        self._restarts = collection.restarts

    async def run(self) -> None:
        """Raises StoreError or OSError if the copy could not be made or could not take over."""
        collection = self._collection
        started_s = time.monotonic()
        collection.is_optimising = True
        try:
            progress = await self._copy()
            await self._expect(progress, "optimised")
            self._successor = await collection.open_generation(self._generation)
            await self._catch_up(self._successor)
            replaced = await self._take_over(self._successor)
        finally:
            await self._clean_up()
        if replaced is not None:
            await replaced.stop()
        await asyncio.to_thread(remove_tree, shard_path(collection.directory, self._generation - 1))
        _log.info("optimised %s in %.1f s", collection.name, time.monotonic() - started_s)

    async def _copy(self) -> Connection:
        """Copy the shard while no write is under way, and open the journal before the next one."""
        collection = self._collection
        await asyncio.to_thread(remove_tree, self._target)
        async with collection.writes_held():
            await self._flush(collection.read)
            self._child, progress = await asyncio.to_thread(
                start_copy,
                self._context,
                collection.path,
                self._target,
                collection.description.settings,
                collection.threshold_kb,
            )
            await self._expect(progress, "copied")
            collection.journal = Journal(collection.directory / f"journal-{self._generation:06}")
        return progress

    async def _expect(self, progress: Connection, word: str) -> None:
        try:
            said = await asyncio.to_thread(progress.recv)
        except EOFError:
            said = "nothing"
        if said != word:
            raise StoreError(
                f"the optimising process said {said!r} and not {word!r}: see its own lines above"
            )

    async def _catch_up(self, successor: ShardProcess) -> None:
        """Replay the journal while it grows, until little of it is left or the writers are as fast."""
        journal = self._journal()
        before = float("inf")
        while _LAST_CALLS < journal.unread < _SHRINKING * before:
            before = journal.unread
            await self._replay(successor, journal)

    async def _replay(self, successor: ShardProcess, journal: Journal) -> None:
        under_way: deque[asyncio.Task[tuple[int, bytes]]] = deque()
        for target, body in journal.read():
            # A write that was refused is refused again: the copy is in the same state.
            under_way.append(asyncio.create_task(successor.call(target.removesuffix(WAIT), body)))
            if len(under_way) >= _REPLAY_WINDOW:
                self._check_replayed(*await under_way.popleft())
        for call in under_way:
            self._check_replayed(*await call)

    def _check_replayed(self, status: int, body: bytes) -> None:
        if status >= 500 and status != 501:
            raise StoreError(f"a write could not be replayed on the optimised copy: {body[:200]!r}")

    async def _take_over(self, successor: ShardProcess) -> ShardProcess | None:
        collection = self._collection
        async with collection.writes_held():
            journal = self._journal()
            await self._replay(successor, journal)
            await self._flush(successor.call)
            if not journal.is_complete or collection.restarts != self._restarts:
                raise Unavailable("the journal is not complete, or the shard process died meanwhile")
            replaced = await collection.replace(successor, self._generation)
            self._successor = None
        return replaced

    def _journal(self) -> Journal:
        journal = self._collection.journal
        if journal is None:
            raise StoreError("there is no journal of the writes since the copy")
        return journal

    async def _flush(self, call: Callable[[str, bytes], Awaitable[tuple[int, bytes]]]) -> None:
        status, body = await call(FLUSH, b"")
        if status != 200:
            raise StoreError(f"the shard cannot be flushed: {body[:200]!r}")

    async def _clean_up(self) -> None:
        self._collection.is_optimising = False
        journal, self._collection.journal = self._collection.journal, None
        if journal is not None:
            journal.remove()
        if self._child is not None:
            self._child.kill()
        if self._successor is not None:
            self._successor.kill()
        if self._collection.description.generation != self._generation:
            await asyncio.shield(asyncio.to_thread(remove_tree, self._target))
