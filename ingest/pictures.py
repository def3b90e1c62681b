"""Reads the pictures that a feed names as local files."""

import os
import stat
from pathlib import Path

from catalog.errors import ImageMissing, ImageTooManyBytes


def read_picture(folder: Path, source: str, max_bytes: int) -> bytes:
    """The bytes of a picture file, `source` relative to `folder` or absolute.

    Raises ImageMissing or ImageTooManyBytes; of a file over `max_bytes` nothing is read.
    """
    path = os.path.join(folder, source)  # pathlib takes longer than to read it
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):  # a pipe or a device would never end
            raise ImageMissing(f"{source}: is not a file.")
        if status.st_size > max_bytes:
            raise ImageTooManyBytes(
                f"{source}: has {status.st_size:,} bytes; at most {max_bytes:,} are taken."
            )
        with open(path, "rb", buffering=0) as file:
            return file.readall()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or "not a file name"
        raise ImageMissing(f"{source}: cannot be read ({reason}).") from error
