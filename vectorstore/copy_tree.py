"""A real copy of a shard's directory, without the holes of its files."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

_CHUNK_BYTES = 8 * 1024 * 1024


def copy_tree(source: Path, target: Path) -> None:
    """A real copy: the engine changes its files in place, so hard links would change the original too."""
    for directory, _, names in os.walk(source):
        there = target / Path(directory).relative_to(source)
        there.mkdir(parents=True)
        for name in names:
            _copy_file(Path(directory, name), there / name)


def written_parts(fd: int) -> Iterator[tuple[int, int]]:
    """Start and end of each part of a file that is no hole: the engine's have hundreds of MB of them."""
    size = os.fstat(fd).st_size
    start = _next(fd, 0, os.SEEK_DATA, size)
    while start < size:
        end = _next(fd, start, os.SEEK_HOLE, size)
        yield start, end
        start = _next(fd, end, os.SEEK_DATA, size)


def _copy_file(source: Path, target: Path) -> None:
    reader = os.open(source, os.O_RDONLY)
    writer = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        os.ftruncate(writer, os.fstat(reader).st_size)
        for start, end in written_parts(reader):
            os.lseek(writer, start, os.SEEK_SET)
            while start < end:
                start += os.sendfile(writer, reader, start, min(_CHUNK_BYTES, end - start))
    finally:
        os.close(reader)
        os.close(writer)


def _next(fd: int, start: int, whence: int, size: int) -> int:
    try:
        return os.lseek(fd, start, whence)
    except OSError as error:
        if error.errno == errno.ENXIO:  # nothing but a hole up to the end
            return size
        raise
