"""Small copies of ingested pictures, named by the content of the original, for shops and the search page."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from PIL import Image

from catalog.resizing import resized

MIME_TYPE = "image/jpeg"
# The marker with which every JPEG ends.
_END_OF_IMAGE = b"\xff\xd9"

# How much longer than asked for a thumbnail may be, as a share of that: to make it a little smaller takes
# about as long as to write it as JPEG.
_MORE = 1.25


def thumbnail_path(folder: Path, sha256: str) -> Path:
    """Where the thumbnail of the picture with that SHA-256 lies; two letters a folder keep folders small."""
    return Path(_place(folder, sha256))


def has_thumbnail(folder: Path, sha256: str) -> bool:
    """Whether there is one of that picture; asked without a Path, which takes as long as to look."""
    return os.access(_place(folder, sha256), os.F_OK)


def _place(folder: Path, sha256: str) -> str:
    return f"{folder}/{sha256[:2]}/{sha256}.jpg"


def shortest_px(side_px: int) -> int:
    """What a decoded picture's longer side needs for a thumbnail of at most `side_px`.

    Less than the whole of it, so that a JPEG can more often be decoded to what is its thumbnail as it is.
    """
    return side_px * 3 // 4


def write_thumbnail(picture: Image.Image, path: Path, side_px: int) -> None:
    """Write the RGB picture as JPEG, whole or not at all: shrunk to `side_px` on its longer side if that is
    longer by more than a quarter.

    JPEG and bilinear, because every new picture pays for it: WebP and Lanczos take 11 ms from 500x750 to save
    a fifth of 27 kB; side by side they look the same.
    """
    small = picture
    if (factor := max(picture.size) / side_px) > _MORE:
        width, height = (max(1, round(side / factor)) for side in picture.size)
        small = resized(picture, (width, height), Image.Resampling.BILINEAR)
    with _in_place_of(path) as file:
        # To a file with a descriptor, not to memory: Pillow then lets other threads run while it encodes.
        small.save(file, "JPEG", quality=80)
        _check_end(file)


def write_bytes(content: bytes, path: Path) -> None:
    """Write a thumbnail; whole or not at all."""
    with _in_place_of(path) as file:
        file.write(content)


def _check_end(file: BinaryIO) -> None:
    """Pillow takes a disk that has room for half of its last block for one that has taken all of it."""
    file.seek(-len(_END_OF_IMAGE), os.SEEK_END)
    if file.read() != _END_OF_IMAGE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@contextmanager
def _in_place_of(path: Path) -> Iterator[BinaryIO]:
    """A file that becomes `path` once all is written: a reader never sees half of it, and two writers of one
    picture cannot clash."""
    aside = f"{path}.{token_hex(8)}.part"
    try:
        with _new_file(aside, path) as file:
            os.fchmod(file.fileno(), 0o644)  # whatever the umask: a web service under another user reads it
            yield file
        os.replace(aside, path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def _new_file(aside: str, path: Path) -> BinaryIO:
    try:
        return open(aside, "x+b")
    except FileNotFoundError:  # the first one of its folder
        path.parent.mkdir(parents=True, exist_ok=True)
        return open(aside, "x+b")
