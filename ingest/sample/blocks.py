"""The blocks, as tailors call them: torso, sleeve, skirt and legs, from which the garments are made up."""

import math
from dataclasses import dataclass, replace

from ingest.sample.fabric import Cloth, Flow, shaded
from ingest.sample.look import Look
from ingest.sample.palette import IVORY, lighter, luminance
from ingest.sample.shapes import Line, Node, Point, at, corner, outline, ribbon, smooth, symmetric
from ingest.sample.studio import Fold, Sheet, creases, drape


@dataclass(frozen=True)
class Torso:
    """Half widths and heights of an upper body, in design units."""

    neck: float = 48
    neck_y: float = 106
    drop: float = 30
    vee: bool = False
    shoulder: float = 110
    shoulder_y: float = 130
    chest: float = 114
    chest_y: float = 226
    waist: float = 110
    waist_y: float = 340
    hem: float = 114
    hem_y: float = 486

    def scaled(self, by: float, neck_y: float) -> "Torso":
        """A smaller or larger torso whose neck lies at `neck_y`."""
        across = {k: getattr(self, k) * by for k in ("neck", "drop", "shoulder", "chest", "waist", "hem")}
        down = {k: neck_y + (getattr(self, k) - self.neck_y) * by
                for k in ("neck_y", "shoulder_y", "chest_y", "waist_y", "hem_y")}
        return replace(self, **across, **down)

    def neckline(self) -> list[Node]:
        """The right half of the neck's edge, from the centre front up to the shoulder."""
        bottom = self.neck_y + self.drop
        if self.vee:
            return [corner(0, bottom), corner(self.neck, self.neck_y)]
        return [at(0, bottom), at(self.neck * 0.55, bottom - self.drop * 0.13),
                at(self.neck * 0.9, bottom - self.drop * 0.5), corner(self.neck, self.neck_y)]

    def neck_edge(self) -> Line:
        """The whole neck edge, left to right, as an open line."""
        right = [node[:2] for node in self.neckline()]
        return [(-x, y) for x, y in reversed(right[1:])] + right

    def outline(self) -> list[Point]:
        """The body's silhouette."""
        return symmetric([
            *self.neckline(),
            corner(self.shoulder, self.shoulder_y),
            at(self.shoulder - 9, (self.shoulder_y + self.chest_y) / 2 + 8),
            corner(self.chest, self.chest_y),
            at((self.chest + self.waist) / 2 - 1, (self.chest_y + self.waist_y) / 2),
            at(self.waist, self.waist_y),
            corner(self.hem, self.hem_y),
            at(0, self.hem_y + 6),
        ])


def inside_back(sheet: Sheet, torso: Torso, fabric: Cloth, label: bool = True) -> None:
    """What shows of the back's inside through the neck: drawn before the front."""
    dark = shaded(fabric)
    low = torso.neck_y + torso.drop + 12
    dip = torso.neck * 0.2
    back = symmetric([at(0, torso.neck_y + dip), at(torso.neck * 0.62, torso.neck_y + dip * 0.62),
                      corner(torso.neck - 1, torso.neck_y), corner(torso.neck + 6, torso.neck_y + 8),
                      at(torso.neck * 0.8, low), corner(0, low)])
    sheet.panel(back, dark, bulge=6, relief=0.6, shade=0.86, shadow=0)
    band = [(x, torso.neck_y + dip * (1 - (x / torso.neck) ** 2) + 7) for x in _across(torso.neck * 0.9, 9)]
    sheet.seam(band, dark.ground, 1.4, 0.5)
    if label and torso.drop > 18:
        tag = IVORY if luminance(fabric.ground) < 0.7 else (70, 72, 80)
        top = torso.neck_y + dip + 8
        sheet.ink([(-10, top), (10, top), (10, top + 9), (-10, top + 9)], tag, 0.9)


def _across(half: float, count: int) -> list[float]:
    return [half * (2 * k / (count - 1) - 1) for k in range(count)]


def sleeve_path(torso: Torso, length: str, width: float = 25.0, spread: float = 62.0) -> tuple[list[Point], Line]:
    """The right sleeve's outline and its hem line (outer end to inner end)."""
    scale = torso.shoulder / 110
    outer = (torso.shoulder + spread * scale, torso.shoulder_y + 300 * scale)
    inner = (outer[0] - 2 * width * scale * 0.98, outer[1] + 6 * scale)
    share = {"short": 0.36, "elbow": 0.5, "long": 1.0}[length]
    top = (torso.shoulder - 14 * scale, torso.shoulder_y - 4.5 * scale)
    under = (torso.chest - 4, torso.chest_y)
    out = [(torso.shoulder + 10 * scale, torso.shoulder_y + 6 * scale)]
    out += [(torso.shoulder + (outer[0] - torso.shoulder) * t + 15 * scale * (1 - t) ** 1.3,
             torso.shoulder_y + (outer[1] - torso.shoulder_y) * t) for t in (0.3 * share, 0.65 * share, share)]
    inn = [(under[0] + (inner[0] - under[0]) * t + 5 * scale * math.sin(math.pi * t),
            under[1] + (inner[1] - under[1]) * t) for t in (share, share / 2)]
    if share < 0.5:
        inn = [(under[0] + 9 * scale, out[-1][1] + 15 * scale), (under[0] + 4 * scale, under[1] + 4 * scale)]
    nodes = [corner(*top), *(at(*p) for p in out[:-1]), corner(*out[-1]), corner(*inn[0]), at(*inn[1]),
             corner(*under), corner(torso.chest - 26, torso.chest_y - 26), corner(torso.chest - 22, torso.shoulder_y)]
    return outline(nodes), [out[-1], inn[0]]


def sleeves(sheet: Sheet, torso: Torso, look: Look, length: str, *, width: float = 25.0, spread: float = 62.0,
            cuff: float = 0.0, hem: float = 7.0) -> None:
    """Both sleeves, behind the body; `cuff` is a ribbed band's depth, else a hem is stitched."""
    if length in ("none", "strap"):
        return
    path, end = sleeve_path(torso, length, width, spread)
    (ox, oy), (ix, iy) = end
    down = math.atan2(oy - torso.shoulder_y, (ox + ix) / 2 - torso.shoulder)
    folds = creases(look.rng, torso.chest - 6, torso.chest_y - 18, 52, down - 0.15)
    if length == "long":
        mid = ((torso.chest + ix) / 2, (torso.chest_y + iy) / 2)
        folds += creases(look.rng, mid[0], mid[1], 34, -0.6, 2) + creases(look.rng, ix + 2, iy - 24, 30, -0.9, 2)
    for side in (1, -1):
        flow = Flow(turn=side * (down - math.pi / 2))
        sheet.panel(_flip(path, side), look.fabric, [f._replace(points=_flip(f.points, side)) for f in folds], flow)
        line = _flip(end, side)
        if cuff:
            band_of(sheet, line, cuff, look.fabric)
        else:
            _hem(sheet, line, look.fabric, hem)


def _flip(points: Line, side: float) -> list[Point]:
    return [(x * side, y) for x, y in points]


def _toward(line: Line, by: float) -> Line:
    """A line moved up across itself by `by` units."""
    (ax, ay), (bx, by_) = line[0], line[-1]
    gap = math.hypot(bx - ax, by_ - ay) or 1
    nx, ny = -(by_ - ay) / gap, (bx - ax) / gap
    if ny > 0:
        nx, ny = -nx, -ny
    return [(x + nx * by, y + ny * by) for x, y in line]


def _hem(sheet: Sheet, line: Line, fabric: Cloth, depth: float) -> None:
    sheet.stitches(_toward(line, depth), lighter(fabric.ground, 0.25) if luminance(fabric.ground) < 0.5
                   else shaded(fabric, 0.45).ground, 3, 1.0)


def band_of(sheet: Sheet, line: Line, depth: float, fabric: Cloth) -> None:
    """A ribbed band (cuff or welt) below a line, a little narrower at its end."""
    (ax, ay), (bx, by) = line[0], line[-1]
    near = [(ax, ay), (bx, by)]
    far = _toward(near, -depth)
    tx, ty = (bx - ax) * 0.08, (by - ay) * 0.08
    (cx, cy), (dx, dy) = far
    sag = 4 if abs(ax - bx) > 80 else 1.5
    middle, end = ((ax + bx) / 2, (ay + by) / 2 + sag), ((cx + dx) / 2, (cy + dy) / 2 + sag)
    path = outline([corner(ax, ay), at(*middle), corner(bx, by), corner(dx - tx, dy - ty), at(*end),
                    corner(cx + tx, cy + ty)])
    rib = replace(fabric, pattern="solid", weave="rib")
    sheet.panel(path, rib, flow=Flow(turn=math.atan2(by - ay, bx - ax)), bulge=6, shadow=0.15)
    sheet.seam(near[:1] + [middle] + near[1:], fabric.ground, 1.2, 0.4)


def body(sheet: Sheet, torso: Torso, look: Look, folds: int = 3, hem: float = 9.0) -> None:
    """The torso's front with its folds, and a stitched hem where `hem` is above 0."""
    fold = creases(look.rng, torso.chest - 8, torso.chest_y - 8, 46, 2.5, 2)
    fold += [f._replace(points=_flip(f.points, -1)) for f in creases(look.rng, torso.chest - 8, torso.chest_y - 8, 46, 2.5, 2)]
    fold += drape(look.rng, (torso.chest_y + 20, torso.chest * 0.8), (torso.hem_y, torso.hem * 0.9), folds, 3.4)
    sheet.panel(torso.outline(), look.fabric, fold, Flow(sag=3))
    if hem:
        line = [(-torso.hem + 2, torso.hem_y - hem), (0, torso.hem_y + 6 - hem), (torso.hem - 2, torso.hem_y - hem)]
        _hem(sheet, line, look.fabric, 0)


def neck_rib(sheet: Sheet, torso: Torso, fabric: Cloth, width: float = 9) -> None:
    """A ribbed band around a round or V neck."""
    edge = torso.neck_edge()
    inner = [(x * (1 - width * 0.2 / 48), y + width * 0.5) for x, y in edge]
    rib = replace(fabric, pattern="solid", weave="rib")
    if torso.vee:
        left, right = ribbon([edge[0], edge[1]], width), ribbon([edge[1], edge[2]], width)
        sheet.panel(left, rib, bulge=4, shadow=0.15)
        sheet.panel(right, rib, bulge=4, shadow=0.15)
        return
    sheet.panel(ribbon(inner, width), rib, bulge=4, shadow=0.15)
    sheet.seam([(x, y + width * 0.55) for x, y in smooth(inner)[::3]], fabric.ground, 1.0, 0.35)


def skirt(sheet: Sheet, look: Look, top: tuple[float, float], bottom: tuple[float, float], *, folds: int = 7,
          wave: float = 5.0, curve: float = 0.35, depth: float = 5.0) -> Line:
    """A skirt from (y, half width) at the waist to the hem; returns the hem line."""
    (y0, w0), (y1, w1) = top, bottom
    mid = y0 + (y1 - y0) * 0.33
    hips = w0 + (w1 - w0) * curve * 1.25
    count = max(3, folds)
    hem = [(w1 * (1 - 2 * k / (count * 2)), y1 + 8 * (1 - (1 - 2 * k / (count * 2)) ** 2) + wave * (-1) ** k)
           for k in range(count * 2 + 1)]
    nodes = [corner(-w0, y0), at(0, y0 + 2), corner(w0, y0), at(hips, mid), corner(w1, hem[0][1]),
             *(at(x, y) for x, y in hem[1:-1]), corner(-w1, hem[-1][1]), at(-hips, mid)]
    pleats = [Fold([(x * w0 / w1 * 0.9, y0 + look.rng.uniform(4, 46)), (x * (0.55 + w0 / w1 * 0.3), (y0 + y1) / 2), (x, y + 8)],
                   w1 * 0.13 + 5, depth * (-1) ** k) for k, (x, y) in enumerate(hem[1:-1])]
    fan = (w1 / w0 - 1) / max((y1 - y0) / 100, 0.5) * 0.55
    sheet.panel(outline(nodes), look.fabric, pleats, Flow(fan=fan, sag=6, top=y0))
    return hem


@dataclass(frozen=True)
class Legs:
    """Half widths and heights of trousers, in design units."""

    waist: float = 72
    waist_y: float = 52
    hip: float = 86
    hip_y: float = 150
    crotch_y: float = 222
    outer: float = 92
    inner: float = 16
    hem_y: float = 556

    def leg(self) -> list[Point]:
        """The right leg with its half of the seat."""
        knee = (self.crotch_y + self.hem_y) / 2
        return outline([
            corner(-3, self.waist_y + 5), at(self.waist * 0.5, self.waist_y + 4), corner(self.waist, self.waist_y),
            at(self.hip - 3, self.hip_y - 30), at(self.hip, self.hip_y + 14),
            at((self.hip + self.outer) / 2 - 1, knee), corner(self.outer, self.hem_y),
            at((self.outer + self.inner) / 2, self.hem_y + 4), corner(self.inner, self.hem_y),
            at((self.inner + 4) / 2 + 3, knee), corner(2, self.crotch_y), corner(-3, self.crotch_y - 10)])


def legs(sheet: Sheet, shape: Legs, look: Look, crease: bool = False) -> None:
    """Both legs with crotch folds and, when pressed, a crease down each."""
    middle = (shape.outer + shape.inner) / 2
    folds = creases(look.rng, 4, shape.crotch_y - 6, 58, -0.35, 3) + creases(look.rng, shape.inner, shape.hem_y - 46, 36, 0.15, 2)
    folds += creases(look.rng, shape.hip - 4, (shape.crotch_y + shape.hem_y) / 2 - 30, 42, 2.7, 2)
    if crease:
        folds.append(Fold([(shape.hip * 0.55, shape.hip_y), (middle, shape.crotch_y + 120), (middle, shape.hem_y)], 7, 4))
    for side in (-1, 1):
        flipped = [f._replace(points=_flip(f.points, side)) for f in folds]
        sheet.panel(_flip(shape.leg(), side), look.fabric, flipped, Flow(turn=-0.03 * side))
        hem = _flip([(shape.outer, shape.hem_y - 9), (middle, shape.hem_y - 5), (shape.inner, shape.hem_y - 9)], side)
        _hem(sheet, hem, look.fabric, 0)
    fly = [(0, shape.waist_y + 6), (1, shape.crotch_y - 4)]
    sheet.seam(fly, look.fabric.ground, 1.6)
