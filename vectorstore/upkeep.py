"""What goes on between calls: flushing."""

import asyncio
import contextlib
import logging
import time
from types import TracebackType

from vectorstore.collection import Collection
from vectorstore.errors import StoreError
from vectorstore.store import Store

_log = logging.getLogger(__name__)
_TICK_S = 0.5
_FLUSH_AFTER_S = 5.0


class Upkeep:
    """Runs while it is entered."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._task: asyncio.Task[None] | None = None
        self._flushed_s: dict[str, float] = {}

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            for collection in list(self._store.collections.values()):
                self._flush(collection)

    def _flush(self, collection: Collection) -> None:
        now = time.monotonic()
        if (
            not collection.unsaved_operations
            or now - self._flushed_s.get(collection.name, 0) < _FLUSH_AFTER_S
        ):
            return
        self._flushed_s[collection.name] = now
        try:
            collection.checkpoint()
        except StoreError:
            _log.exception("flushing %s failed", collection.name)
