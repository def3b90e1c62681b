"""Where a feed's bytes come from: a file, standard input or an address, gzipped or not."""

import gzip
import io
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

from ingest.feeds.address import FetchLimits, fetch
from ingest.feeds.rows import FeedUnreadable
from ingest.fetch.locations import is_address

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

STANDARD_INPUT = "-"
HEAD_BYTES = 65_536
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Source:
    """`head` is how it begins, unzipped. Pictures are relative to `folder`, or to `address` if it has one."""

    name: str
    folder: Path
    head: bytes
    open: Callable[[], BinaryIO]
    address: str | None = None


def open_source(location: str, limits: FetchLimits) -> Source:
    """Raises FeedUnreadable, OSError, EOFError or zlib.error."""
    if location == STANDARD_INPUT:
        return _read_once("standard input", _unzipped(sys.stdin.buffer))
    if is_address(location):
        name = urlsplit(location).path.rpartition("/")[2] or urlsplit(location).netloc
        spool = fetch(location, limits)
        # By a second name: to read the head closes what it was read from.
        with os.fdopen(os.dup(spool.fileno()), "rb") as again:
            head = _head_of(again)
        return Source(name, Path(), head, lambda: _rewound(spool), location)
    path = Path(location).expanduser()
    if not path.exists():
        raise FeedUnreadable(f"{location}: there is no such file or folder.")
    if path.is_fifo():
        return _read_once(path.name, _unzipped(path.open("rb")), path.parent)
    with path.open("rb") as file:
        head = _head_of(file)
    return Source(path.name, path.parent, head, lambda: _unzipped(path.open("rb")))


def _head_of(file: BinaryIO) -> bytes:
    stream = _unzipped(file)
    return _read_fully(stream, HEAD_BYTES)


def _rewound(spool: BinaryIO) -> BinaryIO:
    spool.seek(0)
    return _unzipped(spool)


def _read_once(name: str, stream: BinaryIO, folder: Path = Path()) -> Source:
    head = _read_fully(stream, HEAD_BYTES)
    return Source(name, folder, head, lambda: io.BufferedReader(_Rejoined(head, stream), HEAD_BYTES))


def _unzipped(stream: BinaryIO) -> BinaryIO:
    """The stream, or what it holds if that is gzipped; twice, for a `.gz` that the server zipped again."""
    for _ in range(2):
        start = _read_fully(stream, len(_GZIP))
        stream = io.BufferedReader(_Rejoined(start, stream), HEAD_BYTES)
        if start != _GZIP:
            break
        stream = io.BufferedReader(gzip.GzipFile(fileobj=stream), HEAD_BYTES)
    return stream


def _read_fully(stream: BinaryIO, count: int) -> bytes:
    """Up to `count` bytes: fewer only at the end. A pipe gives less at a time."""
    parts = []
    while count > 0 and (part := stream.read(count)):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


class _Rejoined(io.RawIOBase):
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
