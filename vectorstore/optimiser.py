"""Keeps searches fast: decides when a collection is worth optimising, and has it done."""

import asyncio
import contextlib
import logging
import shutil
import time
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext
from types import TracebackType

from vectorstore.collection_settings import dense_vectors, indexing_threshold_kb
from vectorstore.errors import StoreError
from vectorstore.files import tree_bytes
from vectorstore.served_collection import ServedCollection
from vectorstore.settings import Settings
from vectorstore.store import Store
from vectorstore.swap import Swap

_log = logging.getLogger(__name__)
_TICK_S = 1.0
_RETRY_AFTER_S = 60.0
# A bulk load is optimised when it pauses, or when this many times the threshold is waiting.
_IMPATIENCE = 5
# Share of the threshold that may be written between two looks without counting as a bulk load.
_TRICKLE = 0.1
_BYTES_PER_NUMBER = 4
# What is left below the threshold is scanned in every search. Once all is quiet it is worth an optimisation
# if it is so much of the threshold and of the collection.
_REST = 0.1
_REST_OF_ALL = 0.02


@dataclass
class _Seen:
    """What is remembered of a collection between two looks at it."""

    touched: int = 0
    checked_at: int | None = None
    """How many were touched when the unindexed points were last counted; None if they never were."""
    not_before_s: float = 0.0
    written_s: float = 0.0
    """When a write was last seen, of time.monotonic()."""
    is_settled: bool = False
    """Whether what the last writes have left was looked at."""


class Optimiser:
    """Works while it is entered, on one collection at a time."""

    def __init__(self, store: Store, context: ForkServerContext, settings: Settings) -> None:
        self._store = store
        self._context = context
        self._settings = settings
        self._seen: dict[str, _Seen] = {}
        self._task: asyncio.Task[None] | None = None

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
                seen = self._seen.setdefault(
                    f"{collection.name} {collection.description.created_at}", _Seen()
                )
                try:
                    if await self._is_due(collection, seen):
                        await self._optimise(collection, seen)
                except (StoreError, OSError, TimeoutError) as error:
                    _log.warning("%s is not optimised now: %s", collection.name, error)
                    seen.not_before_s = time.monotonic() + _RETRY_AFTER_S

    async def _is_due(self, collection: ServedCollection, seen: _Seen) -> bool:
        threshold = _threshold_points(collection)
        if threshold is None or time.monotonic() < seen.not_before_s:
            return False
        status = await collection.status()
        before, seen.touched = seen.touched, status["touched"]
        if seen.touched != before:
            seen.written_s, seen.is_settled = time.monotonic(), False
        if seen.touched < before:  # another process, which counts from 0
            seen.checked_at = None
        if await self._has_rest(collection, seen, threshold, status["points_count"]):
            return True
        if seen.checked_at is not None:
            new = seen.touched - seen.checked_at
            is_quiet = seen.touched - before < _TRICKLE * threshold
            if new < threshold or (not is_quiet and new < _IMPATIENCE * threshold):
                return False
        seen.checked_at = seen.touched
        unindexed = (await collection.status(exact=True))["unindexed"]
        # Overwritten and deleted points are skipped in every search until they are cleared away.
        return bool(unindexed >= threshold or seen.touched > max(threshold, status["points_count"] // 5))

    async def _has_rest(self, collection: ServedCollection, seen: _Seen, threshold: int, points: int) -> bool:
        """Whether the last writes are over and have left something that is worth an optimisation."""
        quiet_s = time.monotonic() - seen.written_s
        if seen.is_settled or points < threshold or quiet_s < self._settings.settled_s:
            return False
        seen.is_settled = True
        # Points that were changed are scanned, too, though the engine still counts them as indexed.
        rest = max(seen.touched, (await collection.status(exact=True))["unindexed"])
        return bool(rest >= max(_REST * threshold, _REST_OF_ALL * points, 1))

    async def _optimise(self, collection: ServedCollection, seen: _Seen) -> None:
        size = await asyncio.to_thread(tree_bytes, collection.path)
        free = shutil.disk_usage(collection.directory).free
        if free < 3 * size + self._settings.min_free_disk_bytes:
            raise StoreError(f"a copy needs {3 * size >> 20} MB of free disk, there are {free >> 20} MB")
        await Swap(collection, self._context).run()
        seen.touched, seen.checked_at = (
            0,
            0,
        )  # the new process has counted the writes that were replayed on it


def _threshold_points(collection: ServedCollection) -> int | None:
    """From how many scanned points on a graph is faster; None if indexing is switched off."""
    settings = collection.description.settings
    threshold_kb = indexing_threshold_kb(settings, collection.threshold_kb)
    sizes = [params.size for params in dense_vectors(settings).values()]
    if not threshold_kb or not sizes:
        return None
    return max(1, threshold_kb * 1024 // (_BYTES_PER_NUMBER * max(sizes)))
