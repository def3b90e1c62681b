"""The studio: panels of cloth are laid on a sheet, lit from the upper left, and photographed on a backdrop."""

import math
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from ingest.sample.fabric import Cloth, Flow, colours, texture
from ingest.sample.palette import RGB, darker, lighter, luminance
from ingest.sample.shapes import HEIGHT, MARGIN, WIDTH, Array, Line, Mask, View, cut, ellipse, ribbon, smooth

_LIGHT = (0.62, 0.78)  # towards the upper left
STILL = Flow()


class Fold(NamedTuple):
    """A soft ridge (depth above 0) or groove (below 0) along a line."""

    points: Line
    width: float
    depth: float


def soften(image: Array, radius: float) -> Array:
    """A Gaussian-like blur: three box blurs."""
    reach = max(1, round(radius * 0.6))
    for _ in range(3):
        for axis in (0, 1):
            ends = [(reach + 1, reach) if k == axis else (0, 0) for k in (0, 1)]
            total = np.cumsum(np.pad(image, ends), axis=axis, dtype=np.float32)
            span = 2 * reach + 1
            image = (total[span:] - total[:-span] if axis == 0 else total[:, span:] - total[:, :-span]) / span
    return image


def _shrink(image: Array, factor: int) -> Array:
    return np.asarray(Image.fromarray(image).reduce(factor), np.float32)


def _grow(image: Array, height: int, width: int) -> Array:
    grown = Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(grown, np.float32)


def blurred(image: Array, radius: float) -> Array:
    """A wide blur at a quarter of the size, which nobody can tell from the real one."""
    return _grow(soften(_shrink(image, 4), radius / 4), *image.shape)


class Sheet:
    """A garment in the making: colour and coverage of everything laid down so far."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.rgb: Array = np.zeros((HEIGHT + 2 * MARGIN, WIDTH + 2 * MARGIN, 3), np.float32)
        self.alpha: Array = np.zeros(self.rgb.shape[:2], np.float32)

    @contextmanager
    def placed(self, x: float, y: float, scale: float = 1.0, turn: float = 0.0) -> Iterator[None]:
        """Within the block, the design's centre (0, 300) lies at (x, y), scaled and turned (radians)."""
        before = self.view
        self.view = before.moved(x, y, scale, turn)
        try:
            yield
        finally:
            self.view = before

    def panel(self, path: Line, fabric: Cloth, folds: Sequence[Fold] = (), flow: Flow = STILL, *,
              bulge: float = 13.0, relief: float = 1.0, shade: float = 1.0, shadow: float = 0.3) -> None:
        """Lay down a piece of cloth: `bulge` is how far its edges round off, `shadow` what it casts below."""
        mask = cut([self.view.pixels(path)])
        if mask is None:
            return
        if shadow:
            self._cast(mask, shadow, 3 * self.view.zoom)
        x, y = self.view.units(mask.box)
        light = shade + relief * fabric.gloss * self._relief(mask, folds, bulge * self.view.zoom)
        light -= self._rim(mask)
        u, v = flow.lay(x, y)
        light = light + texture(fabric, u, v)
        self._lay(mask, _lit(colours(fabric, u, v, 1 / self.view.zoom), light))

    def _relief(self, mask: Mask, folds: Sequence[Fold], bulge: float) -> Array:
        """Light and shade, around 0, from the rounding of the edges and the folds."""
        round_off = soften(_shrink(mask.cover, 4), bulge / 4)
        small = round_off * (bulge * 1.1)
        if folds:
            small = small + self._ridges(mask, folds)
        gy, gx = np.gradient(small / 4)
        lit = _LIGHT[0] * gx + _LIGHT[1] * gy
        lit = 0.30 * np.tanh(lit * 1.25) - 0.16 * np.clip(0.72 - round_off, 0, 1)
        return _grow(lit.astype(np.float32), *mask.cover.shape)

    def _rim(self, mask: Mask) -> Array:
        """The narrow shade along a turned edge, by which one piece stands out from the next."""
        near = Image.fromarray((mask.cover * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(2.4 * self.view.zoom))
        return np.asarray(0.7 * np.clip(1 - np.asarray(near, np.float32) / 255, 0, 0.5), np.float32)

    def _ridges(self, mask: Mask, folds: Sequence[Fold]) -> Array:
        h, w = mask.cover.shape
        sheet = Image.new("F", (w // 2, h // 2))
        pen = ImageDraw.Draw(sheet)
        zoom, origin = self.view.zoom, np.array(mask.box[:2])
        for fold in folds:
            path = (self.view.pixels(ribbon(fold.points, fold.width, taper=True)) - origin) / 2
            pen.polygon([(float(x), float(y)) for x, y in path], fill=fold.depth * zoom)
        return soften(_shrink(np.asarray(sheet, np.float32), 2), max(1.7, 1.7 * zoom))

    def _cast(self, mask: Mask, strength: float, reach: float) -> None:
        """A contact shadow on what already lies beneath."""
        x0, y0, x1, y1 = mask.box
        below = self.alpha[y0:y1, x0:x1]
        if not below.any():
            return
        shadow = blurred(mask.cover, 2.2 * reach)
        dx, dy = round(reach * 0.6), round(reach)
        shadow = np.pad(shadow, ((dy, 0), (dx, 0)))[: y1 - y0, : x1 - x0]
        self.rgb[y0:y1, x0:x1] *= (1 - strength * np.clip(shadow, 0, 1) * below)[..., None]

    def _lay(self, mask: Mask, rgb: Array) -> None:
        x0, y0, x1, y1 = mask.box
        cover = mask.cover[..., None]
        under = self.rgb[y0:y1, x0:x1]
        under += (rgb - under) * np.where(self.alpha[y0:y1, x0:x1, None] > 0, cover, cover > 0)
        below = self.alpha[y0:y1, x0:x1]
        below += mask.cover * (1 - below)

    def _ink(self, outlines: Sequence[Line], colour: RGB, strength: float) -> None:
        """Flat ink upon the garment (never beside it)."""
        mask = cut([self.view.pixels(path) for path in outlines])
        if mask is None:
            return
        x0, y0, x1, y1 = mask.box
        cover = (mask.cover * strength * self.alpha[y0:y1, x0:x1])[..., None]
        under = self.rgb[y0:y1, x0:x1]
        under += (np.array(colour, np.float32) - under) * cover

    def seam(self, points: Line, colour: RGB, width: float = 1.5, strength: float = 0.55) -> None:
        """A sewn edge: a dark line with a catch of light below it."""
        dark = darker(colour, 0.5) if luminance(colour) > 0.22 else (8.0, 8.0, 12.0)
        self._ink([ribbon(_nudged(points, 1.1), width)], lighter(colour, 0.35), strength * 0.45)
        self._ink([ribbon(points, width)], dark, strength)

    def stitches(self, points: Line, colour: RGB, dash: float = 4.5, width: float = 1.3) -> None:
        """A dashed line of thread."""
        self._ink([ribbon(piece, width) for piece in dashes(points, dash)], colour, 0.8)

    def ink(self, path: Line, colour: RGB, strength: float = 1.0) -> None:
        """A flat mark on the garment: a print, a logo, a highlight."""
        self._ink([path], colour, strength)

    def button(self, x: float, y: float, radius: float, colour: RGB) -> None:
        """A sewn button with four holes."""
        self.panel(ellipse(x, y, radius, radius), Cloth(colour, weave="satin"), bulge=radius * 0.6, shadow=0.45)
        hole = radius * 0.28
        holes = [ellipse(x + a * hole, y + b * hole, radius * 0.14, radius * 0.14) for a in (-1, 1) for b in (-1, 1)]
        self._ink(holes, darker(colour, 0.6) if luminance(colour) > 0.2 else (120, 120, 124), 0.8)


def _nudged(points: Line, by: float) -> Line:
    return [(x + by * 0.6, y + by) for x, y in points]


def dashes(points: Line, dash: float) -> list[Line]:
    """Cut a line into stitches of `dash` with gaps two thirds as long."""
    line = np.asarray(smooth(points), np.float64)
    length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    starts = np.arange(0, length[-1] - dash * 0.5, dash * 1.66)
    ends = np.minimum(starts + dash, length[-1])
    where = np.stack([starts, ends], 1)
    xs, ys = np.interp(where, length, line[:, 0]), np.interp(where, length, line[:, 1])
    return [[(float(a), float(c)), (float(b), float(d))] for (a, b), (c, d) in zip(xs, ys, strict=True)]


def _lit(rgb: Array, light: Array) -> Array:
    """Colour under light: multiplied, and a little of the lamp added so that black cloth has form too."""
    lit: Array = rgb * light[..., None]
    lit += (np.clip(light - 0.98, 0, None) * 70)[..., None]
    return lit


@lru_cache(maxsize=8)
def _backdrop(colour: RGB) -> Array:
    """A paper sweep: brighter to the upper left, falling off towards the corners, with a little grain."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    fall = ((x - WIDTH * 0.42) / WIDTH) ** 2 + ((y - HEIGHT * 0.4) / HEIGHT) ** 2
    grain = np.random.default_rng(5).standard_normal((HEIGHT, WIDTH)).astype(np.float32)
    light = 1.025 - 0.14 * fall + 0.0035 * grain
    return np.asarray(np.array(colour, np.float32) * light[..., None], np.float32)


def photograph(sheet: Sheet, backdrop: RGB, lift: float = 1.0) -> Image.Image:
    """The finished picture, 480 x 600; `lift` is how far the garment lies above the backdrop."""
    small = _shrink(sheet.alpha, 4)
    light: Array = np.ones_like(small)
    for reach, strength, radius in ((4, 0.26, 5), (13, 0.2, 22)):
        dx, dy = round(reach * 0.125 * lift), round(reach * 0.25 * lift)
        cast = np.pad(soften(small, radius / 4), ((dy, 0), (dx, 0)))
        light *= 1 - strength * cast[: light.shape[0], : light.shape[1]]
    inner = np.s_[MARGIN:-MARGIN, MARGIN:-MARGIN]
    ground = _backdrop(backdrop) * _grow(light, *sheet.alpha.shape)[inner][..., None]
    ground += (sheet.rgb[inner] - ground) * sheet.alpha[inner][..., None]
    return Image.fromarray(np.clip(ground, 0, 255).astype(np.uint8))


def drape(rng: random.Random, top: tuple[float, float], bottom: tuple[float, float], count: int,
          depth: float = 5.0, width: float = 15.0) -> list[Fold]:
    """Folds that fall from a line (y, half width) to a hem (y, half width), fanning out."""
    folds = []
    for k in range(count):
        t = (k + 0.5 + rng.uniform(-0.25, 0.25)) / count * 2 - 1
        start, reach = rng.uniform(0, 0.25), rng.uniform(0.75, 1.08)
        line = [(t * (top[1] + (bottom[1] - top[1]) * s) + 4 * math.sin(5 * s + k), top[0] + (bottom[0] - top[0]) * s)
                for s in (start, (start + reach) / 2, reach)]
        folds.append(Fold(line, width * rng.uniform(0.7, 1.3), depth * rng.choice([1, 1, -1])))
    return folds


def creases(rng: random.Random, x: float, y: float, length: float, turn: float, count: int = 3) -> list[Fold]:
    """A few short creases that radiate from a joint, around the direction `turn` (radians)."""
    folds = []
    for k in range(count):
        angle = turn + (k - (count - 1) / 2) * 0.42 + rng.uniform(-0.1, 0.1)
        reach = length * rng.uniform(0.7, 1.2)
        a, b = math.cos(angle), math.sin(angle)
        line = [(x, y), (x + a * reach * 0.5 - b * 4, y + b * reach * 0.5 + a * 4), (x + a * reach, y + b * reach)]
        folds.append(Fold(line, rng.uniform(7, 11), rng.uniform(2.4, 4.0)))
    return folds
