"""Bags: handbags, totes, backpacks, crossbody bags."""

from dataclasses import replace

from ingest.sample.details import zipper
from ingest.sample.fabric import Cloth, plain, shaded
from ingest.sample.look import Look
from ingest.sample.palette import GOLD, SILVER, TAN, darker, thread
from ingest.sample.shapes import (
    Line,
    Point,
    arc,
    at,
    corner,
    ellipse,
    ribbon,
    rounded,
    smooth,
    symmetric,
)
from ingest.sample.studio import Fold, Sheet


def _inner(path: Line, x: float, y: float, share: float) -> list[Point]:
    """An outline drawn in towards (x, y), for a line of stitches along it."""
    return [(x + (a - x) * share, y + (b - y) * share) for a, b in path]


def _ring(sheet: Sheet, x: float, y: float, radius: float = 9) -> None:
    sheet.panel(ribbon(ellipse(x, y, radius, radius) + [(x + radius, y)], 4.4), plain(GOLD, "patent"), bulge=2, shadow=0.45)


def handbag(sheet: Sheet, look: Look) -> None:
    """A structured top-handle bag with a flap and a turn lock."""
    fabric = look.fabric
    sheet.panel(ribbon(arc(0, 250, 84, 132, 180, 360), 17), shaded(fabric, 0.2), bulge=6)
    sheet.panel(ribbon(arc(0, 262, 92, 150, 180, 360), 18), fabric, bulge=7)
    bag = symmetric([at(0, 246), at(110, 246), corner(150, 254), at(166, 330), at(178, 420), corner(180, 470), at(120, 486),
                     at(0, 488)])
    sheet.panel(bag, fabric, [Fold([(-150, 440), (0, 462), (150, 440)], 26, 5)], bulge=19)
    sheet.stitches(smooth([(-168, 466), (0, 478), (168, 466)]), thread(fabric.ground), 5, 1.4)
    flap = symmetric([at(0, 242), at(110, 243), corner(152, 252), at(158, 310), at(130, 352), at(60, 374), at(0, 378)])
    sheet.panel(flap, fabric, [Fold([(-120, 300), (0, 330), (120, 300)], 26, 4)], bulge=13, shadow=0.5)
    sheet.stitches(smooth([(-150, 312), (-124, 346), (-58, 366), (0, 370), (58, 366), (124, 346), (150, 312)]),
                   thread(fabric.ground), 5, 1.4)
    for side in (1, -1):
        sheet.panel(rounded(side * 92 - 12, 240, side * 92 + 12, 292, 9), fabric, bulge=5, shadow=0.4)
        _ring(sheet, side * 92, 250)
    sheet.panel(rounded(-22, 352, 22, 392, 7), plain(GOLD, "patent"), bulge=5, shadow=0.5)
    sheet.panel(rounded(-4, 360, 4, 384, 4), plain(darker(GOLD, 0.15), "patent"), bulge=3, shadow=0.5)


def tote(sheet: Sheet, look: Look) -> None:
    """A shopper with two long handles."""
    fabric = look.fabric
    strap = replace(fabric, pattern="solid") if fabric.weave == "leather" else Cloth(TAN, weave="leather")
    sheet.panel(ribbon([(-66, 252), (-62, 120), (0, 62), (62, 120), (66, 252)], 15), shaded(strap, 0.2), bulge=5)
    sheet.panel(symmetric([at(0, 214), corner(146, 218), at(0, 236)]), shaded(fabric), shade=0.8, bulge=5)
    bag = symmetric([at(0, 232), at(80, 228), corner(148, 218), at(152, 320), at(150, 440), corner(140, 520), at(0, 528)])
    sheet.panel(bag, fabric, [Fold([(-120, 250), (-90, 360), (-110, 500)], 26, 6), Fold([(110, 260), (96, 380), (60, 520)], 24, 6),
                              Fold([(-30, 470), (40, 500), (110, 506)], 16, 4)], bulge=17)
    sheet.stitches(smooth([(-142, 229), (0, 242), (142, 229)]), thread(fabric.ground), 5, 1.4)
    sheet.panel(ribbon([(-76, 306), (-74, 130), (0, 48), (74, 130), (76, 306)], 16), strap, bulge=6, shadow=0.4)
    for side in (1, -1):
        for y in (268, 298):
            sheet.button(side * 76, y, 4, GOLD)


def backpack(sheet: Sheet, look: Look) -> None:
    """A backpack: top loop, straps, zipped main and front pockets."""
    fabric = look.fabric
    for side in (1, -1):
        strap = [(side * 96, 150), (side * 150, 230), (side * 158, 360), (side * 128, 470)]
        sheet.panel(ribbon(strap, 26), replace(shaded(fabric, 0.25), weave="canvas"), bulge=8)
    sheet.panel(ribbon(arc(0, 92, 34, 44, 180, 360), 13), fabric, bulge=5)
    bag = symmetric([at(0, 78), at(70, 84), at(118, 128), at(134, 220), corner(138, 480), at(126, 512), at(60, 520), at(0, 521)])
    sheet.panel(bag, fabric, [Fold([(-110, 180), (0, 150), (110, 180)], 30, 6)], bulge=24)
    arch: Line = [(-116, 300), (-112, 190), (-84, 130), (0, 112), (84, 130), (112, 190), (116, 300)]
    sheet.panel(ribbon(arch, 10), plain(darker(fabric.ground, 0.4)), bulge=3, shadow=0.2)
    sheet.stitches(arch, SILVER, 2.4, 3.4)
    front = symmetric([corner(0, 318), at(60, 318), at(104, 326), at(112, 380), at(110, 480), corner(100, 500), at(0, 506)])
    sheet.panel(front, fabric, [Fold([(-80, 470), (0, 480), (80, 470)], 20, 4)], bulge=16, shadow=0.45)
    sheet.seam([(-94, 352), (0, 346), (94, 352)], fabric.ground, 6, 0.55)
    sheet.stitches([(-92, 352), (0, 346), (92, 352)], SILVER, 2.4, 3.0)
    sheet.panel(ribbon([(86, 352), (88, 388)], 6), plain(TAN, "leather"), bulge=2, shadow=0.5)
    sheet.panel(rounded(-26, 212, 26, 246, 6), plain(TAN, "leather"), bulge=4, shadow=0.35)
    sheet.stitches(_inner(rounded(-26, 212, 26, 246, 6), 0, 229, 0.84), darker(TAN, 0.45), 3, 1)


def crossbody(sheet: Sheet, look: Look) -> None:
    """A small bag on a long strap."""
    fabric = look.fabric
    strap = [(-120, 318), (-134, 180), (-70, 74), (20, 52), (100, 100), (132, 200), (120, 318)]
    sheet.panel(ribbon(strap, 10), fabric, bulge=4)
    bag = symmetric([at(0, 310), at(90, 310), corner(128, 316), at(140, 390), at(130, 470), at(96, 500), at(0, 506)])
    sheet.panel(bag, fabric, bulge=20)
    flap = symmetric([at(0, 304), at(90, 305), corner(131, 314), at(136, 372), at(96, 420), at(0, 436)])
    sheet.panel(flap, fabric, [Fold([(-110, 350), (0, 384), (110, 350)], 24, 4)], bulge=13, shadow=0.5)
    sheet.stitches(smooth([(-126, 376), (-88, 412), (0, 427), (88, 412), (126, 376)]), thread(fabric.ground), 5, 1.3)
    for side in (1, -1):
        _ring(sheet, side * 122, 318, 11)
    sheet.panel(rounded(-13, 414, 13, 440, 6), plain(GOLD, "patent"), bulge=4, shadow=0.5)
    sheet.button(0, 427, 5, darker(GOLD, 0.1))


def purse(sheet: Sheet, look: Look) -> None:
    """A zipped wallet with a wrist strap."""
    fabric = look.fabric
    sheet.panel(ribbon([(150, 250), (196, 300), (190, 400), (168, 440)], 11), fabric, bulge=4)
    sheet.panel(rounded(-166, 224, 166, 400, 20), fabric, bulge=18)
    sheet.stitches(_inner(rounded(-166, 224, 166, 400, 20), 0, 312, 0.945), thread(fabric.ground), 5, 1.3)
    with sheet.placed(0, 300, 1.0, 1.5708):
        zipper(sheet, -56, 160, 440, fabric, GOLD)
