"""Cloth: what colour a fabric has at every point of a garment, by its pattern and its weave."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from ingest.sample.florals import TILE, floral_tile
from ingest.sample.palette import COLOURS, IVORY, RGB, luminance, mix, partner
from ingest.sample.shapes import Array

GLOSS: Final = {"leather": 2.2, "satin": 2.1, "patent": 3.4, "denim": 0.75, "knit": 0.9, "straw": 0.8}


@dataclass(frozen=True)
class Cloth:
    """A fabric: ground colour, pattern with its second colour and scale, and weave."""

    ground: RGB
    pattern: str = "solid"
    second: RGB = IVORY
    weave: str = "jersey"
    scale: float = 1.0
    style: int = 1

    @property
    def gloss(self) -> float:
        """How strongly light and shade play on it."""
        return GLOSS.get(self.weave, 1.0)


def cloth(colour: str, pattern: str = "solid", weave: str = "jersey", scale: float = 1.0, style: int = 1) -> Cloth:
    """The fabric of a named colour and pattern."""
    ground = COLOURS[colour]
    return Cloth(ground, pattern, partner(ground), weave, scale, style)


def plain(colour: RGB, weave: str = "jersey") -> Cloth:
    """A fabric of one colour, for trims."""
    return Cloth(colour, weave=weave)


@dataclass(frozen=True)
class Flow:
    """How a pattern lies on a panel: turned, fanned out below `top`, and sagging towards the middle."""

    turn: float = 0.0
    fan: float = 0.0
    sag: float = 0.0
    top: float = 0.0

    def lay(self, x: Array, y: Array) -> tuple[Array, Array]:
        """The pattern's own coordinates at garment coordinates."""
        if self.fan:
            x = x / (1 + self.fan * np.maximum(y - self.top, 0) / 100)
        y = y - self.sag * (1 - (x / 120) ** 2) if self.sag else y
        c, s = math.cos(self.turn), math.sin(self.turn)
        return (x * c + y * s).astype(np.float32), (y * c - x * s).astype(np.float32)


def colours(fabric: Cloth, x: Array, y: Array, pixel: float) -> Array:
    """RGB (h, w, 3) at pattern coordinates; `pixel` is a pixel's size in design units."""
    u, v = x / fabric.scale, y / fabric.scale
    soft = pixel / fabric.scale
    ground = np.array(fabric.ground, np.float32)
    if fabric.pattern == "floral":
        return _floral(fabric, u, v)
    if fabric.pattern == "solid":
        return np.broadcast_to(ground, (*x.shape, 3))
    share = {"striped": _stripes, "polka dot": _dots, "checked": _checks}[fabric.pattern](u, v, soft, fabric.style)
    second = np.array(fabric.second, np.float32)
    return np.asarray(ground + share[..., None] * (second - ground), np.float32)


def _band(v: Array, period: float, share: float, soft: float) -> Array:
    """1 inside bands that fill `share` of every period, 0 between, with soft edges."""
    gap = np.abs((v / period) % 1 - 0.5) * period - share * period / 2
    return np.clip(0.5 - gap / max(soft, 1e-3), 0, 1)


def _stripes(u: Array, v: Array, soft: float, style: int) -> Array:
    """Horizontal Breton stripes, wide rugby stripes, or vertical pinstripes."""
    if style == 2:
        return _band(u, 17, 0.22, soft)
    return _band(v, 20, 0.42, soft) if style == 1 else _band(v, 42, 0.46, soft)


def _dots(u: Array, v: Array, soft: float, style: int) -> Array:
    """Dots on a staggered grid, of three sizes."""
    step, radius = ((17, 3.1), (24, 5.6), (34, 9))[style]
    row = np.floor(v / step)
    du = (u + (row % 2) * step / 2) % step - step / 2
    dv = v % step - step / 2
    return np.clip(0.5 - (np.hypot(du, dv) - radius) / max(soft, 1e-3), 0, 1)


def _checks(u: Array, v: Array, soft: float, style: int) -> Array:
    """Gingham (two crossed bands that deepen where they meet), or a plaid with fine lines."""
    if style == 2:
        wide = 0.3 * (_band(u, 56, 0.42, soft) + _band(v, 56, 0.42, soft))
        fine = np.maximum(_band(u - 28, 56, 0.07, soft), _band(v - 28, 56, 0.07, soft))
        return np.maximum(wide, 0.75 * fine)
    step = 22 if style == 1 else 34
    return 0.46 * (_band(u, step, 0.5, soft) + _band(v, step, 0.5, soft))


def _floral(fabric: Cloth, u: Array, v: Array) -> Array:
    tile = floral_tile(fabric.ground, fabric.style)
    side = tile.shape[0]
    column = (u * (side / TILE)).astype(np.int32) % side
    row = (v * (side / TILE)).astype(np.int32) % side
    return np.asarray(tile[row, column])


@lru_cache(maxsize=8)
def _noise(kind: str) -> Array:
    """A 256 x 256 tile of grain around 0."""
    grain = np.random.default_rng(len(kind)).standard_normal((256, 256)).astype(np.float32)
    if kind == "slub":
        return np.asarray(sum(np.roll(grain, k, 0) for k in range(5)) / 5**0.5, np.float32)
    if kind == "hide":
        soft = sum(np.roll(grain, (a, b), (0, 1)) for a in range(3) for b in range(3))
        return np.asarray(soft / 3, np.float32)
    return grain


def _grain(kind: str, x: Array, y: Array) -> Array:
    column, row = (x * 2).astype(np.int32) & 255, (y * 2).astype(np.int32) & 255
    return np.asarray(_noise(kind)[row, column])


def texture(fabric: Cloth, x: Array, y: Array) -> Array:
    """How much lighter or darker than its colour the weave makes each point (0 is unchanged)."""
    weave = fabric.weave
    if weave == "denim":
        twill = 0.03 * np.sin((x + y) * 2.6)
        return np.asarray(twill + 0.045 * _grain("slub", x, y) + 0.02 * _grain("", x, y), np.float32)
    if weave == "knit":
        column = np.abs(x % 7 - 3.5)
        purl = np.cos((y + column * 0.9) * (math.tau / 5.2))
        ridge = np.clip(1.6 * np.cos(y * (math.tau / 27)) - 0.75, -0.1, 1)  # a purled row every few rows
        stitch = 0.045 * purl - 0.05 * (column < 0.7) - 0.16 * ridge
        return np.asarray(stitch + 0.012 * _grain("", x, y), np.float32)
    if weave == "rib":
        return np.asarray(0.075 * np.cos(x * (math.tau / 5)) + 0.012 * _grain("", x, y), np.float32)
    if weave in ("leather", "patent"):
        return 0.022 * _grain("hide", x, y)
    if weave == "straw":
        plait = np.sin(x * 1.1) * np.sin(y * 1.1 + np.floor(x * 1.1 / math.pi) * math.pi)
        return np.asarray(0.09 * plait + 0.03 * _grain("", x, y), np.float32)
    if weave in ("satin", "rubber"):
        return 0.006 * _grain("", x, y)
    return 0.016 * _grain("", x, y)


def shaded(fabric: Cloth, share: float = 0.3) -> Cloth:
    """The same fabric's inside, seen in the shade."""
    dark = mix(fabric.ground, (20, 18, 24), share if luminance(fabric.ground) > 0.2 else share / 3)
    return Cloth(dark, "solid", fabric.second, fabric.weave)
