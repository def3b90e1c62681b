"""Unzips a feed as it is read, up to a bound: a few megabytes of gzip can hold terabytes."""

import gzip
import io
import sys
from typing import TYPE_CHECKING, BinaryIO

from ingest.feeds.rows import FeedUnreadable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_GZIP = b"\x1f\x8b"
_BUFFER_BYTES = 65_536


def unpacked(name: str, stream: BinaryIO, max_bytes: int) -> BinaryIO:
    """The stream, or what it holds if that is gzipped; twice, for a `.gz` that the server zipped again.

    Reading it raises FeedUnreadable beyond `max_bytes` of what was gzipped.
    """
    for _ in range(2):
        start = read_fully(stream, len(_GZIP))
        stream = buffered(Rejoined(start, stream))
        if start != _GZIP:
            break
        stream = buffered(_Bounded(name, stream, max_bytes))
    return stream


def buffered(stream: io.RawIOBase) -> BinaryIO:
    return io.BufferedReader(stream, _BUFFER_BYTES)


def read_fully(stream: BinaryIO, count: int) -> bytes:
    """Up to `count` bytes: fewer only at the end. A pipe gives less at a time."""
    parts = []
    while count > 0 and (part := stream.read(count)):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


class Rejoined(io.RawIOBase):
    """A stream with its head, which has been read, put back in front; closing it closes the stream."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = memoryview(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        part = self._head[: len(view)] if self._head else self._rest.read(len(view))
        self._head = self._head[len(part) :] if self._head else self._head
        view[: len(part)] = part
        return len(part)

    def close(self) -> None:
        if not self.closed and self._rest is not sys.stdin.buffer:
            self._rest.close()
        super().close()


class _Bounded(io.RawIOBase):
    """A gzipped stream unzipped, which ends in FeedUnreadable rather than without end."""

    def __init__(self, name: str, zipped: BinaryIO, max_bytes: int) -> None:
        self._name = name
        self._zipped = zipped
        self._unzipped = gzip.GzipFile(fileobj=zipped)
        self._max_bytes = max_bytes
        self._left = max_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        part = self._unzipped.read1(len(view))
        self._left -= len(part)
        if self._left < 0:
            raise FeedUnreadable(
                f"{self._name}: unpacks to more than MAX_FEED_UNPACKED_BYTES={self._max_bytes} bytes."
            )
        view[: len(part)] = part
        return len(part)

    def close(self) -> None:
        if not self.closed:
            self._unzipped.close()
            self._zipped.close()  # which GzipFile leaves open
        super().close()
