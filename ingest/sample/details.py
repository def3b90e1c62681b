"""Details sewn on: collars, plackets, pockets, zips, drawstrings, belts and bows."""

from dataclasses import replace

from ingest.sample.blocks import Torso
from ingest.sample.fabric import Cloth, plain, shaded
from ingest.sample.palette import IVORY, RGB, SILVER, darker, lighter, luminance, thread
from ingest.sample.shapes import Line, Point, at, corner, outline, ribbon, rounded
from ingest.sample.studio import Sheet


def mirrored(points: Line) -> list[Point]:
    """The same line on the other side."""
    return [(-x, y) for x, y in points]


def collar(sheet: Sheet, torso: Torso, fabric: Cloth, reach: float = 30, gap: float = 2) -> None:
    """A shirt collar: two leaves that meet at the centre front."""
    y, low, n = torso.neck_y, torso.neck_y + torso.drop, torso.neck
    leaf = outline([corner(gap, low), corner(gap + reach * 0.95, low + reach), at(n * 0.9, y + reach * 0.75),
                    corner(n + 8, y + 5), at(n + 2, y - 6), corner(n - 8, y - 9), at(n * 0.62, y + torso.drop * 0.5)])
    edge = [(gap + 4, low + 1), (gap + reach * 0.9, low + reach - 6), (n * 0.86, y + reach * 0.62), (n + 3, y + 6)]
    for path, line in ((leaf, edge), (mirrored(leaf), mirrored(edge))):
        sheet.panel(path, fabric, bulge=6, shadow=0.4)
        sheet.stitches(line, thread(fabric.ground), 2.5, 0.9)


def placket(sheet: Sheet, top: float, bottom: float, fabric: Cloth, count: int, button: RGB = IVORY,
            radius: float = 4.2, width: float = 17) -> None:
    """A buttoned band down the centre front."""
    half = width / 2
    sheet.seam([(-half, top), (-half, bottom)], fabric.ground, 1.2, 0.45)
    sheet.seam([(half, top + 2), (half, bottom)], fabric.ground, 1.4, 0.5)
    sheet.stitches([(half - 3, top + 2), (half - 3, bottom)], thread(fabric.ground), 2.5, 0.9)
    step = (bottom - top - 16) / max(count - 1, 1)
    for k in range(count):
        sheet.button(0, top + 8 + k * step, radius, button)


def pocket(sheet: Sheet, x: float, y: float, width: float, height: float, fabric: Cloth, flap: bool = False,
           point: float = 6) -> None:
    """A patch pocket centred on (x, y at its top), double stitched; a flap buttons down."""
    half = width / 2
    path = outline([corner(x - half, y), corner(x + half, y), corner(x + half, y + height - point),
                    corner(x, y + height), corner(x - half, y + height - point)])
    sheet.panel(path, fabric, bulge=5, shadow=0.22)
    inset = [(x - half + 3, y + 2), (x - half + 3, y + height - point - 2), (x, y + height - 4),
             (x + half - 3, y + height - point - 2), (x + half - 3, y + 2)]
    for a, b in zip(inset, inset[1:], strict=False):
        sheet.stitches([a, b], thread(fabric.ground), 2.5, 0.9)
    if not flap:
        sheet.stitches([(x - half + 3, y + 7), (x + half - 3, y + 7)], thread(fabric.ground), 2.5, 0.9)
        return
    cover = outline([corner(x - half - 2, y - 3), corner(x + half + 2, y - 3), corner(x + half + 2, y + 13),
                     corner(x, y + 21), corner(x - half - 2, y + 13)])
    sheet.panel(cover, fabric, bulge=5, shadow=0.35)
    sheet.button(x, y + 11, 3.4, SILVER)


def slash(sheet: Sheet, points: Line, fabric: Cloth) -> None:
    """A pocket opening set in a seam."""
    sheet.seam(points, fabric.ground, 2.4, 0.7)
    sheet.stitches([(x - 4, y + 1) for x, y in points], thread(fabric.ground), 2.5, 0.9)


def zipper(sheet: Sheet, x: float, top: float, bottom: float, fabric: Cloth, metal: RGB = SILVER) -> None:
    """A zip with its tape, teeth and puller."""
    tape = darker(fabric.ground, 0.35) if luminance(fabric.ground) > 0.2 else (14.0, 14.0, 18.0)
    sheet.panel([(x - 6, top), (x + 6, top), (x + 6, bottom), (x - 6, bottom)], plain(tape), bulge=4, shadow=0.1)
    sheet.stitches([(x, top), (x, bottom)], metal, 2.2, 4.2)
    for side in (-7.5, 7.5):
        sheet.seam([(x + side, top), (x + side, bottom)], fabric.ground, 1.0, 0.35)
    sheet.panel(rounded(x - 3.5, top + 4, x + 3.5, top + 24, 3), plain(metal, "patent"), bulge=3, shadow=0.5)


def drawstring(sheet: Sheet, points: Line, colour: RGB, width: float = 4.5) -> None:
    """A cord that hangs along a line and ends in a metal tip."""
    sheet.panel(ribbon(points, width), plain(colour), bulge=2.5, shadow=0.45)
    x, y = points[-1]
    sheet.panel(rounded(x - 2.6, y - 2, x + 2.6, y + 13, 2), plain(SILVER, "patent"), bulge=2, shadow=0.4)


def belt(sheet: Sheet, y: float, half: float, fabric: Cloth, width: float = 15, buckle: RGB | None = None) -> None:
    """A belt or sash across the waist; a buckle closes it where a metal is given."""
    flat = replace(fabric, pattern="solid")
    path = outline([corner(-half, y - width / 2), at(0, y - width / 2 + 3), corner(half, y - width / 2),
                    corner(half, y + width / 2), at(0, y + width / 2 + 3), corner(-half, y + width / 2)])
    sheet.panel(path, flat, bulge=5, shadow=0.35)
    if buckle:
        frame = rounded(-14, y - width * 0.72 + 2, 14, y + width * 0.72 + 3, 4)
        sheet.panel(frame, plain(buckle, "patent"), bulge=4, shadow=0.4)
        sheet.panel(rounded(-9, y - width * 0.4 + 2, 9, y + width * 0.4 + 3, 2), flat, bulge=3, shadow=0)
        sheet.panel(rounded(-9, y + 1, 13, y + 4, 1), plain(buckle, "patent"), bulge=2, shadow=0.3)


def bow(sheet: Sheet, x: float, y: float, size: float, fabric: Cloth) -> None:
    """A tied bow with two hanging ends."""
    tail = outline([corner(x, y), at(x + size * 0.42, y + size), corner(x + size * 0.5, y + size * 2.1),
                    corner(x + size * 0.16, y + size * 2.0), at(x + size * 0.1, y + size)])
    loop = outline([corner(x, y - 2), at(x + size * 0.55, y - size * 0.42), at(x + size * 1.0, y - size * 0.1),
                    at(x + size * 0.6, y + size * 0.34), corner(x, y + 4)])
    flat = replace(fabric, pattern="solid")
    for path in (tail, loop):
        for side in (path, [(2 * x - a, b) for a, b in path]):
            sheet.panel(side, flat, bulge=6, shadow=0.3)
    knot = rounded(x - size * 0.16, y - size * 0.2, x + size * 0.16, y + size * 0.26, 4)
    sheet.panel(knot, flat, bulge=5, shadow=0.4)


def lapel(sheet: Sheet, torso: Torso, fabric: Cloth, low: float, width: float = 46) -> None:
    """Notched lapels that fold open down to `low`."""
    y, n = torso.neck_y, torso.neck
    leaf = outline([corner(0, low), at(width * 0.55, y + 92), corner(n + 22, y + 62), corner(n + 8, y + 50),
                    corner(n + 24, y + 40), at(n + 14, y + 10), corner(n - 6, y - 8), at(n * 0.62, y + 42)])
    for path in (mirrored(leaf), leaf):
        sheet.panel(path, fabric, bulge=7, shadow=0.45)
    for side in (1, -1):
        sheet.seam([(side * (n - 20), y + 36), (side * (n + 10), y + 50)], fabric.ground, 1.2, 0.5)


def inset(sheet: Sheet, path: Line, fabric: Cloth) -> None:
    """The shaded inside of an opening."""
    sheet.panel(path, shaded(fabric, 0.4), bulge=6, relief=0.6, shade=0.82, shadow=0)


def highlight(fabric: Cloth) -> RGB:
    """A paler tone of a cloth for prints and piping."""
    return lighter(fabric.ground, 0.55) if luminance(fabric.ground) < 0.75 else darker(fabric.ground, 0.25)
