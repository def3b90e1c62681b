"""Smooth outlines: nodes joined by splines, mirrored, and cut into anti-aliased masks.

Design units: x runs from -240 (left) to 240 with 0 on the garment's centre line, y from 0 (top) to 600.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Array = NDArray[Any]  # float32, unless a line says otherwise
Point = tuple[float, float]
Line = Sequence[Point]

WIDTH: Final = 480
HEIGHT: Final = 600
MARGIN: Final = 32  # drawn around the frame, so that no blur sees the frame's edge
SUPERSAMPLING: Final = 3
_STEPS = 10


class Node(NamedTuple):
    """A point that an outline passes: smoothly, or with a corner."""

    x: float
    y: float
    corner: bool = False


def at(x: float, y: float) -> Node:
    """Pass smoothly through here."""
    return Node(x, y)


def corner(x: float, y: float) -> Node:
    """Turn sharply here."""
    return Node(x, y, True)


def smooth(points: Line) -> list[Point]:
    """A Catmull-Rom spline through every point, open at both ends."""
    if len(points) < 3:
        return list(points)
    knots = np.asarray([points[0], *points, points[-1]], np.float64)
    t = np.linspace(0, 1, _STEPS, endpoint=False)[:, None]
    runs: list[Point] = []
    for a, b, c, d in zip(knots, knots[1:], knots[2:], knots[3:], strict=False):
        run = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        runs += [(float(x), float(y)) for x, y in run]
    return [*runs, points[-1]]


def outline(nodes: Sequence[Node]) -> list[Point]:
    """The closed outline through `nodes`; it should begin at a corner."""
    ring = [*nodes, nodes[0]._replace(corner=True)]
    path: list[Point] = []
    run: list[Point] = [ring[0][:2]]
    for node in ring[1:]:
        run.append(node[:2])
        if node.corner:
            path += smooth(run)[:-1]
            run = [node[:2]]
    return path


def symmetric(half: Sequence[Node]) -> list[Point]:
    """An outline from its right half, given from the centre line's top to its bottom."""
    left = [node._replace(x=-node.x) for node in reversed(half) if abs(node.x) > 1e-6]
    return _rotated([*half, *left])


def _rotated(ring: list[Node]) -> list[Point]:
    first = next((k for k, node in enumerate(ring) if node.corner), 0)
    return outline(ring[first:] + ring[:first])


def ellipse(x: float, y: float, rx: float, ry: float) -> list[Point]:
    """A closed ellipse."""
    turns = [k * math.tau / 48 for k in range(48)]
    return [(x + rx * math.cos(a), y + ry * math.sin(a)) for a in turns]


def arc(x: float, y: float, rx: float, ry: float, start: float, end: float) -> list[Point]:
    """An open part of an ellipse; angles in degrees, clockwise from three o'clock."""
    turns = [math.radians(start + (end - start) * k / 24) for k in range(25)]
    return [(x + rx * math.cos(a), y + ry * math.sin(a)) for a in turns]


def rounded(x0: float, y0: float, x1: float, y1: float, radius: float = 8) -> list[Point]:
    """A rectangle with rounded corners."""
    r = min(radius, (x1 - x0) / 2, (y1 - y0) / 2)
    quarters = [(x1 - r, y0 + r, -90), (x1 - r, y1 - r, 0), (x0 + r, y1 - r, 90), (x0 + r, y0 + r, 180)]
    return [point for x, y, turn in quarters for point in arc(x, y, r, r, turn, turn + 90)[::4]]


def ribbon(points: Line, width: float, taper: bool = False) -> list[Point]:
    """The outline of a band of `width` along a smooth line; tapered bands end in points."""
    line = np.asarray(smooth(points), np.float64)
    along = np.gradient(line, axis=0)
    along /= np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-6)[:, None]
    across = np.stack([-along[:, 1], along[:, 0]], 1) * width / 2
    if taper:
        across *= np.sin(np.linspace(0.02, math.pi - 0.02, len(line)))[:, None]
    return [(float(x), float(y)) for x, y in np.concatenate([line + across, (line - across)[::-1]])]


@dataclass(frozen=True)
class View:
    """Where design units land on the sheet: enlarged, turned, mirrored about the centre line."""

    zoom: float = 1.0
    x: float = 0.0
    y: float = 300.0
    flipped: bool = False
    turn: float = 0.0  # radians

    def pixels(self, points: Line) -> NDArray[np.float64]:
        """Design units to sheet pixels."""
        line = np.asarray(points, np.float64) - (self.x, self.y)
        if self.flipped:
            line[:, 0] *= -1
        c, s = math.cos(self.turn), math.sin(self.turn)
        turned = line @ np.array([[c, s], [-s, c]])
        return np.asarray(turned * self.zoom + (WIDTH / 2 + MARGIN, HEIGHT / 2 + MARGIN))

    def units(self, box: tuple[int, int, int, int]) -> tuple[Array, Array]:
        """The design coordinates of every pixel of a box of the sheet."""
        x0, y0, x1, y1 = box
        px = (np.arange(x0, x1, dtype=np.float32)[None, :] + 0.5 - WIDTH / 2 - MARGIN) / self.zoom
        py = (np.arange(y0, y1, dtype=np.float32)[:, None] + 0.5 - HEIGHT / 2 - MARGIN) / self.zoom
        c, s = math.cos(self.turn), math.sin(self.turn)
        x = (px * c + py * s) * (-1 if self.flipped else 1) + self.x
        return (x).astype(np.float32), (py * c - px * s + self.y).astype(np.float32)

    def moved(self, x: float, y: float, scale: float = 1.0, turn: float = 0.0) -> "View":
        """The view in which the design's centre (0, 300) appears at (x, y), scaled and turned."""
        c, s = math.cos(turn), math.sin(turn)
        dx, dy = (self.x - x) / scale, (self.y - y) / scale
        return replace(self, zoom=self.zoom * scale, x=dx * c + dy * s, y=300 - dx * s + dy * c,
                       turn=self.turn + (-turn if self.flipped else turn))


class Mask(NamedTuple):
    """A shape cut out: the box of the sheet it covers, and its coverage there (0 to 1)."""

    box: tuple[int, int, int, int]
    cover: Array


def cut(outlines: Sequence[NDArray[np.float64]]) -> Mask | None:
    """Fill pixel outlines with anti-aliased edges; None when they miss the sheet."""
    every = np.concatenate(outlines)
    limit = np.array([WIDTH, HEIGHT]) + 2 * MARGIN
    low = np.clip((np.floor(every.min(0)) - 8) // 4 * 4, 0, limit).astype(int)
    high = np.clip((np.ceil(every.max(0)) + 12) // 4 * 4, 0, limit).astype(int)
    if (high - low < 8).any():
        return None
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    big = Image.new("L", (size[0] * SUPERSAMPLING, size[1] * SUPERSAMPLING))
    pen = ImageDraw.Draw(big)
    for path in outlines:
        pen.polygon([(float(x), float(y)) for x, y in (path - low) * SUPERSAMPLING], fill=255)
    cover = np.asarray(big.reduce(SUPERSAMPLING), np.float32) / 255
    return Mask((int(low[0]), int(low[1]), int(high[0]), int(high[1])), cover)
