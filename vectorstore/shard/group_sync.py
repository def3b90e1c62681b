"""Grouped durability: however many writers wait, one fsync at a time serves them all."""

import asyncio
from collections.abc import Callable

from vectorstore.errors import DiskFull, StoreError


class GroupSync:
    """`await wait()` returns once a sync that began after the call has ended.

    The sync runs in a thread: fsync lets go of the interpreter, so queries are answered meanwhile.
    """

    def __init__(self, sync: Callable[[], None]) -> None:
        self._sync = sync
        self._next: asyncio.Future[None] | None = None
        self._runner: asyncio.Task[None] | None = None

    async def wait(self) -> None:
        """Raises DiskFull or StoreError if the sync failed: then nothing is known to be durable."""
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        if self._runner is None:
            self._runner = asyncio.create_task(self._run())
        await asyncio.shield(self._next)

    async def _run(self) -> None:
        while self._next is not None:
            served, self._next = self._next, None
            try:
                await asyncio.to_thread(self._sync)
            except OSError as error:
                # The waiters may all be gone: a future whose error nobody fetched would be logged as a bug.
                served.add_done_callback(asyncio.Future.exception)
                served.set_exception(_failure(error))
            else:
                served.set_result(None)
        self._runner = None


def _failure(error: OSError) -> StoreError:
    if error.errno == 28:
        return DiskFull("No space left on the disk of the vector store")
    return StoreError(f"The disk of the vector store failed: {error.strerror}")
