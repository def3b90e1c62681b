"""Perceptual hashes: nearly equal for one picture in two forms, recompressed, resized, lighter or framed.

The signs are those of pHash (Zauner 2010): of the 16 x 16 lowest frequencies of a discrete cosine
transform, about their median. They know nothing of colours, and one cut is sold in several; so the mean shade
stands behind them. docs/duplicates.md has what this was measured to find, beside other hashes.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops

from catalog.resizing import resized

# Signs that two hashes of one picture may differ in, and levels by which either part of their shade may.
NEAR_SIGNS = 24
NEAR_SHADE = 6
SIGNS = 256
SIGN_BYTES = SIGNS // 8
HASH_BYTES = SIGN_BYTES + 2

_SMALL_PX = 128
_SIDE_PX = 64
_LOW = 16
# A margin is what differs from the picture's corner by no more than this, but for a few specks.
_MARGIN_LEVELS, _SPECKS = 40, 0.03
# Fewer levels between a picture's darkest and brightest spot are noise, which has no signs.
_PLAIN_LEVELS = 8

Bytes = npt.NDArray[np.uint8]


def _cosines() -> npt.NDArray[np.float32]:
    frequency, place = np.arange(_LOW)[:, None], np.arange(_SIDE_PX)[None, :]
    return np.cos(np.pi * frequency * (2 * place + 1) / (2 * _SIDE_PX)).astype(np.float32)


_COSINES = _cosines()


def picture_hashes(picture: Image.Image) -> list[str]:
    """The hash of an RGB picture and, if it has a plain margin, that of what is within; in hexadecimal.

    Two pictures are near if one of the hashes of each are. A picture of one shade has none.
    """
    small = _small(picture)
    found = [_hash(small)]
    within = _within_margin(small)
    if within is not None:
        found.append(_hash(within))
    return [one for one in dict.fromkeys(found) if one]


def as_bytes(hashes: Sequence[str]) -> Bytes:
    """Hashes as uint8 `(hashes, HASH_BYTES)`: their signs, and two bytes for the shade."""
    if not hashes:
        return np.empty((0, HASH_BYTES), np.uint8)
    return np.frombuffer(bytes.fromhex("".join(hashes)), np.uint8).reshape(-1, HASH_BYTES)


def are_near(a: Bytes, b: Bytes, signs: int = NEAR_SIGNS) -> npt.NDArray[np.bool_]:
    """Which hashes, along the last axis of either, are at most `signs` and NEAR_SHADE apart."""
    differing = np.bitwise_count(a[..., :SIGN_BYTES] ^ b[..., :SIGN_BYTES]).sum(axis=-1, dtype=np.int64)
    shades = a[..., SIGN_BYTES:].astype(np.int16) - b[..., SIGN_BYTES:]
    near: npt.NDArray[np.bool_] = (differing <= signs) & (np.abs(shades).max(axis=-1) <= NEAR_SHADE)
    return near


def _small(picture: Image.Image) -> Image.Image:
    """One to two times _SMALL_PX on the shorter side, where it is larger: fine enough to find a margin.

    Some of its pixels, as they are. To average all of them costs four times as much and finds no more.
    """
    skipped = min(picture.size) // _SMALL_PX
    if skipped < 2:
        return picture
    size = (picture.width // skipped, picture.height // skipped)
    return picture.resize(size, Image.Resampling.NEAREST)


def _hash(picture: Image.Image) -> str:
    grey = resized(picture, (_SIDE_PX, _SIDE_PX), Image.Resampling.BICUBIC).convert("L")
    levels = np.asarray(grey, dtype=np.float32)
    if np.ptp(levels) < _PLAIN_LEVELS:
        return ""
    low = np.asarray(_COSINES @ levels @ _COSINES.T, dtype=np.float32)
    signs = np.packbits(low > _median(low)).tobytes()
    return (signs + _shade(picture)).hex()


def _median(values: npt.NDArray[np.float32]) -> np.float32:
    """As `np.median` has it for an even number of values, in an eighth of its time."""
    ordered = np.sort(values, axis=None)
    half = len(ordered) // 2
    return np.float32((ordered[half - 1] + ordered[half]) / 2)


def _shade(picture: Image.Image) -> bytes:
    """The mean of blue and of red about grey, Cb and Cr, which light changes little."""
    mean = resized(picture, (1, 1), Image.Resampling.BOX).convert("YCbCr")
    return mean.tobytes()[1:]


def _has_margin(pixels: Bytes) -> bool:
    """Whether any of the four edges is of the first corner's colour: if none is, the rest need no look."""
    edges = pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]
    far = np.abs(np.concatenate(edges).astype(np.int16) - pixels[0, 0]) > _MARGIN_LEVELS
    differing = far[:, 0] | far[:, 1] | far[:, 2]
    start = 0
    for edge in edges:
        end = start + len(edge)
        if np.count_nonzero(differing[start:end]) <= _SPECKS * len(edge):
            return True
        start = end
    return False


def _within_margin(picture: Image.Image) -> Image.Image | None:
    """What is within the margin of the colour of the first corner; None if there is none, or little else."""
    if not _has_margin(np.asarray(picture)):
        return None
    corner = picture.getpixel((0, 0))
    red, green, blue = ImageChops.difference(picture, Image.new("RGB", picture.size, corner)).split()
    differing = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    is_content = np.asarray(differing) > _MARGIN_LEVELS
    rows = np.flatnonzero(is_content.sum(axis=1) > _SPECKS * picture.width)
    columns = np.flatnonzero(is_content.sum(axis=0) > _SPECKS * picture.height)
    if not (len(rows) and len(columns)):
        return None
    left, top, right, bottom = int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
    is_small = (right - left) * 3 < picture.width or (bottom - top) * 3 < picture.height
    if is_small or (right - left, bottom - top) == picture.size:
        return None
    return picture.crop((left, top, right, bottom))
