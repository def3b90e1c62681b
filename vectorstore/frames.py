"""The wire between the server and its shard processes: numbered frames over a socket pair."""

import asyncio
import struct
from collections.abc import Callable
from typing import cast

# number of the call, a word (request: length of the target; answer: HTTP status), bytes that follow
_HEAD = struct.Struct("<IHI")

OnFrame = Callable[[int, int, bytes], None]


class FrameProtocol(asyncio.Protocol):
    """Calls `on_frame(number, word, content)` for each frame, and `on_end()` when the other side is gone."""

    def __init__(self, on_frame: OnFrame, on_end: Callable[[], None]) -> None:
        self._on_frame = on_frame
        self._on_end = on_end
        self._received = bytearray()
        self._transport: asyncio.WriteTransport | None = None
        self.is_closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, chunk: bytes) -> None:
        received = self._received
        received += chunk
        start = 0
        while len(received) - start >= _HEAD.size:
            number, word, size = _HEAD.unpack_from(received, start)
            end = start + _HEAD.size + size
            if len(received) < end:
                break
            self._on_frame(number, word, bytes(memoryview(received)[start + _HEAD.size : end]))
            start = end
        if start:
            del received[:start]

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self.is_closed = True
        self._on_end()

    def send(self, number: int, word: int, *parts: bytes) -> None:
        """Queue a frame; a frame for a process that is gone is dropped."""
        if self._transport is not None:
            head = _HEAD.pack(number, word, sum(map(len, parts)))
            self._transport.writelines((head, *parts))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
