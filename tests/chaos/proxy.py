"""A TCP proxy that stands between two programs and spoils what passes, as told."""

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

Spoiling = Literal["latency", "reset", "half-open", "partial answer"]

_CHUNK = 64 * 1024
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(eq=False)
class _Passage:
    """One connection through the proxy. `is_swallowed`: whatever comes goes nowhere, and no end is told."""

    writers: tuple[asyncio.StreamWriter, asyncio.StreamWriter | None]
    is_swallowed: bool = False

    def reset(self) -> None:
        for writer in self.writers:
            if writer is not None and not writer.transport.is_closing():
                held: socket.socket = writer.get_extra_info("socket")
                with contextlib.suppress(OSError):
                    held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
                writer.transport.abort()


class Link:
    """From `port` on this machine to `target`. `spoiling`: what befalls it, None for nothing."""

    def __init__(self, name: str, target: int, loop: asyncio.AbstractEventLoop, seed: int) -> None:
        self.name = name
        self.port = 0
        self.spoiling: Spoiling | None = None
        self.met = 0
        """How many connections or answers were spoilt."""
        self._target = target
        self._loop = loop
        self._dice = random.Random(seed)  # noqa: S311 - moments, no secrets
        self._passages: set[_Passage] = set()

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def end(self) -> None:
        """Of its connections, too."""
        self._server.close()
        for passage in list(self._passages):
            passage.reset()
        while self._passages:
            await asyncio.sleep(0.01)

    def spoil(self, how: Spoiling | None) -> None:
        """From now on, and for reset and half-open what is open already, too. Called from any thread."""
        self._loop.call_soon_threadsafe(self._begin, how)

    def _begin(self, how: Spoiling | None) -> None:
        self.spoiling = how
        for passage in list(self._passages):
            if how == "reset":
                self.met += 1
                passage.reset()
            elif how == "half-open":  # for ever: who waits for it must give up by itself
                self.met += 1
                passage.is_swallowed = True

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passage = _Passage((writer, None))
        self._passages.add(passage)
        try:
            if self.spoiling == "reset":
                self.met += 1
                passage.reset()
                return
            if self.spoiling == "half-open":
                self.met += 1
                passage.is_swallowed = True
                await self._pump(passage, reader, None, self._nothing)
                return
            try:
                theirs, to_them = await asyncio.open_connection("127.0.0.1", self._target)
            except OSError:
                passage.reset()
                return
            passage.writers = (writer, to_them)
            there = self._pump(passage, reader, to_them, self._whole)
            await asyncio.gather(there, self._pump(passage, theirs, writer, self._cut))
        finally:
            self._passages.discard(passage)
            for one in passage.writers:
                if one is not None:
                    one.close()

    async def _pump(
        self,
        passage: _Passage,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter | None,
        kept: Callable[[bytes], bytes],
    ) -> None:
        with contextlib.suppress(OSError):
            while content := await reader.read(_CHUNK):
                if self.spoiling == "latency":
                    self.met += 1
                    await asyncio.sleep(self._dice.uniform(0.05, 0.8))
                if passage.is_swallowed or writer is None:
                    continue
                part = kept(content)
                writer.write(part)
                await writer.drain()
                if len(part) < len(content):
                    self.met += 1
                    break
        if passage.is_swallowed:
            return
        for one in passage.writers:
            if one is not None and not one.transport.is_closing():
                one.close()

    def _nothing(self, content: bytes) -> bytes:
        return b""

    def _whole(self, content: bytes) -> bytes:
        return content

    def _cut(self, content: bytes) -> bytes:
        """In the middle of the head as often as anywhere else."""
        if self.spoiling != "partial answer":
            return content
        end = min(len(content), 150) if self._dice.random() < 0.5 else len(content)
        return content[: self._dice.randrange(end)] if end else content


@contextmanager
def links(targets: dict[str, int], seed: int) -> Iterator[dict[str, Link]]:
    """A link by each name to its port, served by a thread of their own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="proxy")
    thread.start()
    made = {name: Link(name, port, loop, seed + n) for n, (name, port) in enumerate(targets.items())}
    try:
        for link in made.values():
            asyncio.run_coroutine_threadsafe(link.listen(), loop).result(10)
        yield made
    finally:
        for link in made.values():
            asyncio.run_coroutine_threadsafe(link.end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
