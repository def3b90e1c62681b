"""Reads the pictures that a feed names as local files."""

import os
import stat
from pathlib import Path

from catalog.errors import ImageMissing, ImageTooManyBytes

# So that to open a pipe that nobody writes to does not wait; files are read as ever.
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY


def read_picture(folder: Path, source: str, max_bytes: int) -> bytes:
    """The bytes of a picture file, `source` relative to `folder` or absolute.

    Raises ImageMissing or ImageTooManyBytes; of a file over `max_bytes` nothing is read.
    """
    path = os.path.join(folder, source)  # pathlib takes longer than to read it, and so do file objects
    try:
        opened = os.open(path, _FLAGS)
        try:
            return _read(opened, source, max_bytes)
        finally:
            os.close(opened)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or "not a file name"
        raise ImageMissing(f"{source}: cannot be read ({reason}).") from error


def _read(opened: int, source: str, max_bytes: int) -> bytes:
    status = os.fstat(opened)
    if not stat.S_ISREG(status.st_mode):  # a pipe or a device would never end
        raise ImageMissing(f"{source}: is not a file.")
    size = status.st_size
    if size > max_bytes:
        raise ImageTooManyBytes(f"{source}: has {size:,} bytes; at most {max_bytes:,} are taken.")
    content = os.read(opened, size)
    while len(content) < size and (more := os.read(opened, size - len(content))):
        content += more
    return content
