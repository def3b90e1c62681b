"""The shard process: answers frames until it is told to stop, or its server is gone."""

import asyncio
import contextlib
import gc
import logging
import signal
import socket
import time
from pathlib import Path
from typing import Any

import uvloop
from qdrant_client.http import models

from vectorstore.die_with_server import die_with_server
from vectorstore.envelope import failure, success
from vectorstore.errors import StoreError
from vectorstore.frames import FrameProtocol
from vectorstore.shard.routes import read_of, write_of
from vectorstore.shard.shard import Shard
from vectorstore.targets import FLUSH, STATUS, STOP, WAIT

_log = logging.getLogger(__name__)
_FLUSH_EVERY_S = 5.0


def run(connection: socket.socket, path: str, settings_json: str, indexing_threshold_kb: int) -> None:
    """Open the shard, say so in a frame numbered 0, and serve."""
    die_with_server()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # the server decides when to stop
    settings = models.CreateCollection.model_validate_json(settings_json)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_Process(connection).serve(Path(path), settings, indexing_threshold_kb))


class _Process:
    """The shard and the connection on which its calls come in."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._ended = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._protocol = FrameProtocol(self._on_frame, self._ended.set)

    async def serve(self, path: Path, settings: models.CreateCollection, indexing_threshold_kb: int) -> None:
        loop = asyncio.get_running_loop()
        await loop.connect_accepted_socket(lambda: self._protocol, self._connection)
        try:
            self._shard = Shard(path, settings, indexing_threshold_kb)
        except StoreError as error:
            self._protocol.send(0, error.status, str(error).encode())
            await asyncio.sleep(0.1)
            return
        gc.collect()
        gc.freeze()  # what is loaded by now stays; to look through it again and again takes time from reads
        self._protocol.send(0, 200)
        while not self._ended.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), _FLUSH_EVERY_S)
            await self._flush()
        await asyncio.gather(*self._tasks)
        await self._shard.close()

    async def _flush(self) -> None:
        try:
            await self._shard.flush()
        except (StoreError, OSError):
            _log.exception("flushing %s failed", self._shard.path)

    def _on_frame(self, number: int, target_size: int, content: bytes) -> None:
        started_s = time.perf_counter()
        target, body = content[:target_size].decode(), content[target_size:]
        read = None
        try:
            read = read_of(target, body)
            if read is not None:
                self._protocol.send(number, 200, success(started_s, read(self._shard)))
        except Exception as error:  # the caller gets every failure, see failure()
            self._protocol.send(number, *failure(started_s, error, target))
            return
        if read is None:
            # Tasks start in the order of their creation, and the shard's writes take turns: first come, first
            # served, which is what makes a replay of the same frames end in the same state.
            task = asyncio.create_task(self._write(number, target, body, started_s))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _write(self, number: int, target: str, body: bytes, started_s: float) -> None:
        try:
            answer = 200, success(started_s, await self._result(target, body))
        except Exception as error:  # the caller gets every failure, see failure()
            answer = failure(started_s, error, target)
        self._protocol.send(number, *answer)

    async def _result(self, target: str, body: bytes) -> Any:
        if target == FLUSH:
            return await self._shard.flush()
        if target == STATUS:
            return self._shard.status(exact=body == b"exact")
        if target == STOP:
            self._ended.set()
            return None
        waits = target.endswith(WAIT)
        return await write_of(target.removesuffix(WAIT), body, waits)(self._shard)
