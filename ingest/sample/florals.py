"""The floral prints: blossoms, buds and leaves scattered on a tile that repeats without a seam."""

import math
import random
from functools import lru_cache
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from ingest.sample.palette import RGB, darker, lighter, luminance, mix
from ingest.sample.shapes import Array

TILE: Final = 168  # design units
_SCALE: Final = 3
_SHRINK: Final = 2  # drawn at twice the stored size

_ON_DARK: Final = [(244, 150, 168), (250, 214, 190), (247, 240, 228), (238, 106, 110)]
_ON_LIGHT: Final = [(222, 84, 108), (240, 148, 96), (142, 88, 164), (250, 236, 228)]
_ON_RED: Final = [(252, 226, 214), (255, 246, 236), (246, 190, 176), (250, 204, 120)]


def _petals(ground: RGB) -> list[RGB]:
    red, green, blue = ground
    if red > 150 and green < 90 and blue < 90:
        return list(_ON_RED)
    return list(_ON_DARK if luminance(ground) < 0.55 else _ON_LIGHT)


class _Brush:
    """Draws on a tile whose edges meet."""

    def __init__(self, ground: RGB) -> None:
        self.size = TILE * _SCALE * _SHRINK
        self.tile = Image.new("RGB", (self.size, self.size), _ink(ground))
        self.pen = ImageDraw.Draw(self.tile)

    def blot(self, points: list[tuple[float, float]], colour: RGB) -> None:
        k = _SCALE * _SHRINK
        xs, ys = [p[0] * k for p in points], [p[1] * k for p in points]
        for dx in (-self.size, 0, self.size):
            for dy in (-self.size, 0, self.size):
                if max(xs) + dx > 0 and min(xs) + dx < self.size and max(ys) + dy > 0 and min(ys) + dy < self.size:
                    shifted = [(x + dx, y + dy) for x, y in zip(xs, ys, strict=True)]
                    self.pen.polygon(shifted, fill=_ink(colour))


def _ink(colour: RGB) -> tuple[int, int, int]:
    return int(colour[0]), int(colour[1]), int(colour[2])


def _drop(x: float, y: float, length: float, width: float, turn: float) -> list[tuple[float, float]]:
    """A petal or leaf that starts at (x, y) and points along `turn`."""
    side = [(length * t, width * math.sin(math.pi * t**1.25) ** 0.8) for t in (k / 12 for k in range(13))]
    ring = side + [(u, -v) for u, v in reversed(side)]
    c, s = math.cos(turn), math.sin(turn)
    return [(x + u * c - v * s, y + u * s + v * c) for u, v in ring]


def _leaf(brush: _Brush, x: float, y: float, length: float, turn: float, colour: RGB) -> None:
    brush.blot(_drop(x, y, length, length * 0.24, turn), colour)
    brush.blot(_drop(x, y, length * 0.92, length * 0.03, turn), lighter(colour, 0.3))


def _blossom(brush: _Brush, x: float, y: float, radius: float, colour: RGB, rng: random.Random) -> None:
    turn, petals = rng.random() * math.tau, rng.choice([5, 5, 6])
    for layer, (reach, tone) in enumerate([(1.0, darker(colour, 0.08)), (0.68, lighter(colour, 0.28))]):
        for k in range(petals):
            angle = turn + (k + layer / 2) * math.tau / petals
            brush.blot(_drop(x, y, radius * reach, radius * reach * 0.5, angle), tone)
    for k in range(7):
        angle = k * math.tau / 7
        dot = (x + radius * 0.2 * math.cos(angle), y + radius * 0.2 * math.sin(angle))
        brush.blot(_disc(*dot, radius * 0.07), (176, 96, 40))
    brush.blot(_disc(x, y, radius * 0.16), (246, 202, 84))


def _disc(x: float, y: float, radius: float) -> list[tuple[float, float]]:
    return [(x + radius * math.cos(k * 0.5236), y + radius * math.sin(k * 0.5236)) for k in range(12)]


def _places(rng: random.Random, count: int, apart: float) -> list[tuple[float, float]]:
    """Scattered places on the tile, no two nearer than `apart` (across its edges too)."""
    found: list[tuple[float, float]] = []
    for _ in range(count * 40):
        x, y = rng.random() * TILE, rng.random() * TILE
        near = (math.hypot((x - a + TILE / 2) % TILE - TILE / 2, (y - b + TILE / 2) % TILE - TILE / 2)
                for a, b in found)
        if all(gap > apart for gap in near):
            found.append((x, y))
        if len(found) == count:
            break
    return found


@lru_cache(maxsize=32)
def floral_tile(ground: RGB, style: int) -> Array:
    """An RGB tile, float32 (n, n, 3); `style` picks the scale of the print: 0 ditsy, 1 garden, 2 bold."""
    rng = random.Random(f"{ground}{style}")
    brush = _Brush(ground)
    green = mix((74, 128, 84), ground, 0.12) if luminance(ground) > 0.3 else (112, 158, 112)
    radius, apart, count = [(8.5, 20, 44), (13.5, 30, 20), (22, 46, 9)][style]
    petals = _petals(ground)
    for x, y in _places(rng, count, apart):
        turn = rng.random() * math.tau
        for spread in (0.0, 0.7, 2.9):
            _leaf(brush, x, y, radius * rng.uniform(1.5, 1.85), turn + spread, mix(green, ground, rng.random() * 0.3))
        bud = turn + rng.uniform(1.3, 2.3)
        tip = (x + radius * 1.5 * math.cos(bud), y + radius * 1.5 * math.sin(bud))
        brush.blot(_drop(x, y, radius * 1.5, radius * 0.05, bud), green)
        brush.blot(_disc(*tip, radius * 0.2), rng.choice(petals))
        _blossom(brush, x, y, radius * rng.uniform(0.85, 1.1), rng.choice(petals), rng)
    return np.asarray(brush.tile.reduce(_SHRINK), np.float32)
