"""Stands in for the model in the service's tests: an encoder that knows colours and nothing else."""

import hashlib
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from catalog.encoder import Vectors
from catalog.encoders.text_cache import CacheCounts

COLOURS = {
    "red": (220, 20, 30),
    "green": (20, 160, 60),
    "blue": (30, 60, 210),
    "yellow": (245, 220, 40),
    "black": (10, 10, 10),
    "white": (255, 255, 255),
    "grey": (128, 128, 128),
    "pink": (250, 150, 190),
}
_NAMES = list(COLOURS)
_OTHER_WORDS = 8


class ColourEncoder:
    """A picture's vector is the share of each colour in it; a text's are its colour words.

    Other words go into buckets of their own, so that no text is a zero vector.
    """

    name = "colours"
    fingerprint = hashlib.sha256(b"colours-1").hexdigest()
    dimension = len(_NAMES) + _OTHER_WORDS
    runtime = "colours by numpy"
    useful_side_px = 64
    text_cache = CacheCounts(0, 0)

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.images: list[Image.Image] = []

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        self.images.extend(images)
        return self._unit([_shares(image) for image in images])

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        self.texts.extend(texts)
        return self._unit([_words(text) for text in texts])

    def _unit(self, rows: list[np.ndarray[Any, Any]]) -> Vectors:
        if not rows:
            return np.zeros((0, self.dimension), dtype=np.float32)
        vectors = np.stack(rows).astype(np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _shares(image: Image.Image) -> np.ndarray[Any, Any]:
    assert image.mode == "RGB"
    pixels = np.asarray(image.resize((32, 32)), dtype=np.float32).reshape(-1, 1, 3)
    palette = np.asarray(list(COLOURS.values()), dtype=np.float32)
    nearest = np.linalg.norm(pixels - palette, axis=2).argmin(axis=1)
    return np.concatenate([np.bincount(nearest, minlength=len(_NAMES)), np.zeros(_OTHER_WORDS)])


def _words(text: str) -> np.ndarray[Any, Any]:
    vector = np.zeros(ColourEncoder.dimension)
    for word in text.lower().split():
        if word in COLOURS:
            vector[_NAMES.index(word)] += 1
        else:
            vector[len(_NAMES) + hashlib.sha256(word.encode()).digest()[0] % _OTHER_WORDS] += 0.3
    return vector if vector.any() else vector + 1


def plain(colour: str, size: tuple[int, int] = (60, 80)) -> Image.Image:
    return Image.new("RGB", size, COLOURS[colour])


def picture_bytes(image: Image.Image, format_: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format_, **options)
    return buffer.getvalue()
