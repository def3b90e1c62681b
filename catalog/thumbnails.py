"""Small copies of ingested pictures, named by the content of the original, for shops and the search page."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from PIL import Image

MIME_TYPE = "image/jpeg"

# How much longer than asked for a thumbnail may be, as a share of that: to bring a photo of 400x533 to
# 360x480 takes 2.0 ms of processor time, and to write it as JPEG 0.7.
_MORE = 1.25


def thumbnail_path(folder: Path, sha256: str) -> Path:
    """Where the thumbnail of the picture with that SHA-256 lies; two letters a folder keep folders small."""
    return Path(_place(folder, sha256))


def has_thumbnail(folder: Path, sha256: str) -> bool:
    """Whether there is one of that picture; asked without a Path, which takes as long as to look."""
    return os.path.exists(_place(folder, sha256))


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

    JPEG and the Hamming filter, because every new picture pays for it: from 500x750 2.9 ms, where WebP and
    Lanczos take 11 to save a fifth of 27 kB; side by side they look the same.
    """
    small = picture
    if (factor := max(picture.size) / side_px) > _MORE:
        width, height = (max(1, round(side / factor)) for side in picture.size)
        small = picture.resize((width, height), Image.Resampling.HAMMING)
    with _whole(path) as file:
        small.save(file, "JPEG", quality=80)


def write_bytes(content: bytes, path: Path) -> None:
    """Write a thumbnail that was made before; whole or not at all."""
    with _whole(path) as file:
        file.write(content)


@contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Aside and renamed: a reader never sees half a file, and two writers of one picture cannot clash.
    handle, aside = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        os.chmod(aside, 0o644)  # mkstemp's 0600 would hide it from a web service under another user
        os.replace(aside, path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
