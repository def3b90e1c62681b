"""The server's end of a shard process: start it, call it, notice its death."""

import asyncio
import logging
import multiprocessing
import multiprocessing.forkserver
import signal
import socket
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

from qdrant_client.http import models

from vectorstore.errors import StoreError, Unavailable
from vectorstore.frames import FrameProtocol
from vectorstore.targets import STOP

_log = logging.getLogger(__name__)
_START_LIMIT_S = 600.0
_STOP_LIMIT_S = 60.0


def _run_shard(*arguments: Any) -> None:
    from vectorstore.shard.main import run  # here, since the server itself never touches the engine

    run(*arguments)


def _run_copy(*arguments: Any) -> None:
    from vectorstore.optimise_copy import optimise_copy

    optimise_copy(*arguments)


def warm_up() -> ForkServerContext:
    """Start the process from which shard processes are forked, with everything imported; returns at once.

    It must outlive a SIGTERM or Ctrl-C that is sent to the whole group: the server stops it in its turn.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["vectorstore.shard.main", "vectorstore.optimise_copy"])
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    multiprocessing.forkserver.ensure_running()
    signal.signal(signal.SIGTERM, before)
    return context


def start_copy(
    context: ForkServerContext,
    source: Path,
    target: Path,
    settings: models.CreateCollection,
    threshold_kb: int,
) -> tuple[ForkServerProcess, Connection]:
    """Start the child that copies and optimises; what it says comes out of the connection."""
    progress, theirs = context.Pipe(duplex=False)
    arguments = (str(source), str(target), settings.model_dump_json(exclude_none=True), threshold_kb, theirs)
    process = context.Process(target=_run_copy, args=arguments, name=f"optimise {source.parent.name}")
    try:
        _begin(process)
    finally:
        theirs.close()
    return process, progress


def _begin(process: ForkServerProcess) -> None:
    """Start it. Raises Unavailable if what it is to be forked from is killed meanwhile; the next call starts
    that anew."""
    try:
        process.start()
    except EOFError as error:
        raise Unavailable("Service unavailable: no process could be started, try again") from error


class ShardProcess:
    """A running process that holds one shard. Answers come in any order; writes are applied in order."""

    def __init__(self, on_death: Callable[["ShardProcess"], None]) -> None:
        self._on_death = on_death
        self._protocol = FrameProtocol(self._on_frame, self._on_end)
        self._pending: dict[int, asyncio.Future[tuple[int, bytes]]] = {}
        self._number = 0
        self._process: ForkServerProcess | None = None
        self._stopping = False

    @property
    def is_dead(self) -> bool:
        return self._protocol.is_closed

    async def start(
        self,
        context: ForkServerContext,
        path: Path,
        settings: models.CreateCollection,
        indexing_threshold_kb: int,
    ) -> None:
        """Returns once the shard is open. Raises StoreError if it cannot be opened."""
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        opened = self._expect(0)
        await loop.connect_accepted_socket(lambda: self._protocol, ours)
        arguments = (theirs, str(path), settings.model_dump_json(exclude_none=True), indexing_threshold_kb)
        self._process = context.Process(target=_run_shard, args=arguments, name=f"shard {path.parent.name}")
        try:
            await asyncio.to_thread(_begin, self._process)
        except (StoreError, OSError):
            self._process = None
            self._stopping = True
            opened.cancel()
            self._protocol.close()
            raise
        finally:
            theirs.close()
        status, text = await asyncio.wait_for(opened, _START_LIMIT_S)
        if status != 200:
            await self._wait_for_exit()
            raise StoreError(text.decode())

    async def call(self, target: str, body: bytes = b"") -> tuple[int, bytes]:
        """Status and body of the answer. Raises Unavailable if the process dies first."""
        self._number = self._number % 0xFFFFFFFF + 1
        answer = self._expect(self._number)
        encoded = target.encode()
        self._protocol.send(self._number, len(encoded), encoded, body)
        return await answer

    async def stop(self) -> None:
        """Let it answer what it has been sent, flush and go."""
        self._stopping = True
        if self._process is not None and self._process.is_alive():
            try:
                await self.call(STOP)
            except Unavailable:
                _log.warning("the shard process was gone before it was told to stop")
        self._protocol.close()
        await self._wait_for_exit()

    def kill(self) -> None:
        self._stopping = True
        if self._process is not None:
            self._process.kill()

    async def _wait_for_exit(self) -> None:
        self._stopping = True
        if self._process is not None:
            await asyncio.to_thread(self._process.join, _STOP_LIMIT_S)
            if self._process.is_alive():
                self._process.kill()

    def _expect(self, number: int) -> asyncio.Future[tuple[int, bytes]]:
        answer: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
        if self._protocol.is_closed:
            answer.set_exception(_gone())
        else:
            self._pending[number] = answer
        return answer

    def _on_frame(self, number: int, status: int, body: bytes) -> None:
        answer = self._pending.pop(number, None)
        if answer is not None and not answer.done():
            answer.set_result((status, body))

    def _on_end(self) -> None:
        pending, self._pending = self._pending, {}
        for answer in pending.values():
            if not answer.done():
                answer.set_exception(_gone())
        if not self._stopping:
            self._on_death(self)


def _gone() -> Unavailable:
    return Unavailable("Service unavailable: the collection is being restarted, try again")
