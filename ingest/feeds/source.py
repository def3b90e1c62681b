"""Where a feed's bytes come from: a file, standard input or an address, gzipped or not."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from ingest.feeds.address import FetchLimits, fetch
from ingest.feeds.rows import FeedUnreadable
from ingest.feeds.unpack import Rejoined, buffered, read_fully, unpacked
from ingest.fetch.locations import is_address, without_credentials

STANDARD_INPUT = "-"
HEAD_BYTES = 65_536


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
    most = limits.max_unpacked_bytes
    if location == STANDARD_INPUT:
        return _read_once("standard input", unpacked("standard input", sys.stdin.buffer, most))
    if is_address(location):
        parts = urlsplit(without_credentials(location))
        name = parts.path.rpartition("/")[2] or parts.netloc
        spool = fetch(location, limits)
        try:
            # By a second name: to read the head closes what it was read from.
            with os.fdopen(os.dup(spool.fileno()), "rb") as again:
                head = _head_of(name, again, limits)
        except BaseException:
            spool.close()
            raise
        return Source(name, Path(), head, lambda: _rewound(name, spool, limits), location)
    path = Path(location).expanduser()
    if not path.exists():
        raise FeedUnreadable(f"{location}: there is no such file or folder.")
    if path.is_fifo():
        return _read_once(path.name, unpacked(path.name, path.open("rb"), most), path.parent)
    with path.open("rb") as file:
        head = _head_of(path.name, file, limits)
    return Source(path.name, path.parent, head, lambda: unpacked(path.name, path.open("rb"), most))


def _head_of(name: str, file: BinaryIO, limits: FetchLimits) -> bytes:
    return read_fully(unpacked(name, file, limits.max_unpacked_bytes), HEAD_BYTES)


def _rewound(name: str, spool: BinaryIO, limits: FetchLimits) -> BinaryIO:
    spool.seek(0)
    return unpacked(name, spool, limits.max_unpacked_bytes)


def _read_once(name: str, stream: BinaryIO, folder: Path = Path()) -> Source:
    head = read_fully(stream, HEAD_BYTES)
    return Source(name, folder, head, lambda: buffered(Rejoined(head, stream)))
