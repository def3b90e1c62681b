"""One collection as the server sees it: its description, its shard process, and the gate for writes."""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import AsyncIterator, Callable
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import orjson

from vectorstore.collection_files import Description, files_of, save, shard_path
from vectorstore.errors import NotFound, StoreError, Unavailable
from vectorstore.journal import Journal
from vectorstore.shard_process import ShardProcess
from vectorstore.targets import STATUS

_log = logging.getLogger(__name__)
_RESTART_AFTER_S = (0.0, 0.5, 2.0, 10.0)


class ServedCollection:
    """Reads go straight to the shard process; writes pass a gate, at which the optimiser can hold them."""

    def __init__(
        self,
        name: str,
        directory: Path,
        description: Description,
        context: ForkServerContext,
        threshold_kb: int,
    ) -> None:
        self.name = name
        self.directory = directory
        self.description = description
        self.threshold_kb = threshold_kb
        self.journal: Journal | None = None
        """The writes since the optimiser's copy was made; None while there is no such copy."""
        self.restarts = 0
        self.is_optimising = False
        self._context = context
        self._process: ShardProcess | None = None
        self._closed = False
        self._gate = asyncio.Event()
        self._gate.set()
        self._holding = asyncio.Lock()
        self._writing = 0
        self._idle = asyncio.Event()
        self._restart: asyncio.Task[None] | None = None

    @property
    def path(self) -> Path:
        return shard_path(self.directory, self.description.generation)

    async def start(self) -> None:
        """Open the current generation. Raises StoreError."""
        self._process = await self.open_generation(self.description.generation)
        await self._remember_files()

    async def _remember_files(self) -> None:
        files = await asyncio.to_thread(files_of, self.directory, self.description.generation)
        if files != self.description.files:
            await self.describe(lambda description: setattr(description, "files", files))

    async def open_generation(self, generation: int) -> ShardProcess:
        process = ShardProcess(self._on_death)
        path = shard_path(self.directory, generation)
        await process.start(self._context, path, self.description.settings, self.threshold_kb)
        return process

    async def read(self, target: str, body: bytes) -> tuple[int, bytes]:
        return await self._running().call(target, body)

    async def write(self, target: str, body: bytes) -> tuple[int, bytes]:
        """Pass a write on, in order. Raises Unavailable if it may or may not have been applied."""
        while not self._gate.is_set():  # it may be closed again before a woken writer gets its turn
            await self._gate.wait()
        process = self._running()
        self._writing += 1
        try:
            if self.journal is not None:
                self.journal.append(target, body)
            return await process.call(target, body)
        finally:
            self._writing -= 1
            if not self._writing:
                self._idle.set()

    @contextlib.asynccontextmanager
    async def writes_held(self) -> AsyncIterator[None]:
        """Inside, no write is under way; those that come in wait. Reads go on. One holder at a time."""
        async with self._holding:
            self._gate.clear()
            try:
                while self._writing:
                    self._idle.clear()
                    await self._idle.wait()
                yield
            finally:
                self._gate.set()

    async def status(self, exact: bool = False) -> dict[str, Any]:
        """What the shard process counts. Raises StoreError."""
        status, body = await self._running().call(STATUS, b"exact" if exact else b"")
        if status != 200:
            raise StoreError(f"the collection `{self.name}` cannot be counted")
        counts: dict[str, Any] = orjson.loads(body)["result"]
        return counts

    async def describe(self, change: Callable[[Description], None]) -> None:
        """Change the description, on disk first."""
        changed = self.description.model_copy(deep=True)
        change(changed)
        await asyncio.to_thread(save, self.directory, changed)
        self.description = changed

    async def replace(self, process: ShardProcess, generation: int) -> ShardProcess | None:
        """Let another process serve, from another generation of the shard. The process that served before."""
        files = await asyncio.to_thread(files_of, self.directory, generation)

        def change(description: Description) -> None:
            description.generation, description.files = generation, files

        await self.describe(change)
        replaced, self._process = self._process, process
        if process.is_dead:  # before it was ours, so that nobody was told
            self._on_death(process)
        return replaced

    async def close(self) -> None:
        """Let what is under way end, then flush and stop."""
        self._closed = True
        if self._restart is not None:
            self._restart.cancel()
        if self._process is not None:
            await self._process.stop()
            await self._remember_files()

    def _running(self) -> ShardProcess:
        if self._closed:
            raise NotFound(f"Not found: Collection `{self.name}` doesn't exist!")
        if self._process is None:
            raise Unavailable(f"Service unavailable: collection `{self.name}` is being restarted, try again")
        return self._process

    def _on_death(self, process: ShardProcess) -> None:
        if self._closed or process is not self._process:
            return
        _log.error("the shard process of %s died: restarting it", self.name)
        self._process = None
        self.restarts += 1
        self._restart = asyncio.create_task(self._start_again())

    async def _start_again(self) -> None:
        for pause_s in itertools.chain(_RESTART_AFTER_S, itertools.repeat(_RESTART_AFTER_S[-1])):
            await asyncio.sleep(pause_s)
            generation = self.description.generation
            try:
                process = await self.open_generation(generation)
            except Exception as error:  # whatever it is: who gave up here would leave the collection away
                _log.error("restarting the shard process of %s failed: %s", self.name, error)
                continue
            # A swap may have ended meanwhile: what was opened is then the shard that it replaced.
            if self._process is None and generation == self.description.generation and not process.is_dead:
                self._process = process
                return
            process.kill()
            if self._process is not None:
                return
