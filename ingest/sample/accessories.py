"""Hats and small things: sun hats, caps, beanies, belts, scarves, sunglasses, watches, ties."""

import math
from dataclasses import replace

from ingest.sample.details import inset
from ingest.sample.fabric import Flow, plain, shaded
from ingest.sample.look import Look
from ingest.sample.palette import GOLD, IVORY, SILVER, darker, luminance, thread
from ingest.sample.shapes import (
    Line,
    Point,
    arc,
    at,
    corner,
    ellipse,
    outline,
    ribbon,
    rounded,
    smooth,
    symmetric,
)
from ingest.sample.studio import Fold, Sheet


def sun_hat(sheet: Sheet, look: Look) -> None:
    """A wide-brimmed hat with a ribbon."""
    fabric = look.fabric
    brim = symmetric([at(0, 318), at(120, 328), at(196, 350), at(222, 376), at(190, 402), at(110, 420), at(0, 428)])
    sheet.panel(brim, fabric, [Fold([(-190, 360), (-60, 396), (0, 400), (60, 396), (190, 360)], 20, 6)], bulge=14)
    crown = symmetric([at(0, 186), at(54, 190), at(96, 226), at(112, 300), corner(120, 360), at(60, 380), at(0, 384)])
    sheet.panel(crown, fabric, [Fold([(-70, 220), (0, 206), (70, 220)], 24, 5)], Flow(sag=10), bulge=22, shadow=0.5)
    tone = darker(fabric.ground, 0.55) if luminance(fabric.ground) > 0.3 else IVORY
    band = symmetric([at(0, 350), at(60, 346), corner(117, 328), corner(120, 360), at(60, 380), at(0, 384)])
    sheet.panel(band, plain(tone, "satin"), bulge=6, shadow=0.3)
    for x, y in ((92, 340), (92, 362)):
        sheet.panel(ribbon([(88, 352), (x + 22, y + 4), (x + 40, y + (y - 350) * 0.8)], 13), plain(tone, "satin"), bulge=4)


def cap(sheet: Sheet, look: Look) -> None:
    """A baseball cap, seen from the front and a little to the side."""
    fabric = look.fabric
    crown = outline([corner(-150, 374), at(-150, 300), at(-118, 226), at(-50, 190), at(20, 188), at(84, 224), at(118, 290),
                     corner(124, 366), at(20, 352), at(-80, 360)])
    sheet.panel(crown, fabric, [Fold([(-120, 270), (-40, 236), (60, 250)], 40, 6)], bulge=28)
    for line in ([(-14, 188), (-60, 260), (-78, 360)], [(-14, 188), (40, 250), (58, 354)]):
        sheet.seam(line, fabric.ground, 1.8, 0.5)
        sheet.stitches([(x + 5, y) for x, y in line], thread(fabric.ground), 4, 1.1)
    for x, y in ((-104, 280), (-8, 262), (84, 282)):
        sheet.ink(ellipse(x, y, 4, 4), darker(fabric.ground, 0.5), 0.8)
    peak = outline([corner(-88, 360), at(10, 344), corner(124, 362), at(186, 396), at(202, 428), at(170, 440), at(70, 424), at(-40, 430),
                    corner(-92, 404)])
    sheet.panel(peak, fabric, [Fold([(-60, 396), (60, 384), (170, 416)], 26, 6)], bulge=13, shadow=0.5)
    for gap in (12, 24, 36):
        sheet.stitches([(-84, 366 + gap), (20, 350 + gap), (120, 366 + gap), (178 - gap / 3, 404 + gap * 0.7)],
                       thread(fabric.ground), 4, 1.0)
    sheet.button(-14, 190, 9, fabric.ground)


def beanie(sheet: Sheet, look: Look) -> None:
    """A ribbed knitted beanie with a turned-up edge."""
    rib = replace(look.fabric, weave="rib", scale=1.0)
    dome = symmetric([at(0, 150), at(60, 162), at(112, 220), at(134, 310), corner(140, 380), at(0, 390)])
    folds = [Fold([(0, 152), (x * 0.7, 240), (x, 390)], 18, 5) for x in (-110, -66, -22, 22, 66, 110)]
    sheet.panel(dome, rib, folds, Flow(fan=0.3, top=150), bulge=30)
    cuff = symmetric([at(0, 362), at(90, 356), corner(142, 342), at(150, 390), corner(144, 432), at(80, 446), at(0, 450)])
    sheet.panel(cuff, rib, bulge=13, shadow=0.5)
    sheet.ink(rounded(-24, 394, 24, 420, 3), darker(rib.ground, 0.5) if luminance(rib.ground) > 0.3 else IVORY, 0.9)


def belt_piece(sheet: Sheet, look: Look) -> None:
    """A leather belt, coiled, with a metal buckle."""
    fabric = look.fabric
    for rx, ry, y in ((150, 84, 286), (168, 100, 300)):
        sheet.panel(ribbon(arc(0, y, rx, ry, 150, 390), 44), shaded(fabric, 0.15), bulge=8, shadow=0.35)
    front: Line = [(-168, 300), (-140, 366), (-60, 402), (20, 408), (110, 392), (190, 344)]
    sheet.panel(ribbon(front, 46), fabric, bulge=9, shadow=0.4)
    for off in (-17, 17):
        sheet.stitches([(x, y + off) for x, y in front], thread(fabric.ground), 5, 1.3)
    with sheet.placed(-60, 402, 1.0, 0.3):
        frame = rounded(-34, 264, 34, 336, 12)
        sheet.panel(ribbon([*frame, frame[0]], 10), plain(SILVER, "patent"), bulge=4, shadow=0.5)
        sheet.panel(ribbon([(-30, 300), (36, 300)], 7), plain(SILVER, "patent"), bulge=3, shadow=0.5)
    for k in range(4):
        sheet.ink(ellipse(60 + k * 26, 401 - k * 8, 4, 4), darker(fabric.ground, 0.7), 0.9)


def scarf(sheet: Sheet, look: Look) -> None:
    """A scarf, looped once, with fringed ends."""
    fabric = look.fabric
    for x0, x1, low in ((-26, -62, 500), (30, 64, 528)):
        end = outline([corner(x0 - 42, 250), corner(x0 + 42, 250), at(x1 + 46, 400), corner(x1 + 50, low), corner(x1 - 50, low),
                       at(x1 - 46, 400)])
        for k in range(15):
            x = x1 - 47 + k * 6.7
            fringe = [(x, low - 4), (x + math.sin(k * 2.1) * 3, low + 16), (x + math.sin(k * 3.7) * 4, low + 34)]
            sheet.panel(ribbon(fringe, 4), replace(fabric, pattern="solid"), bulge=2, shadow=0)
        folds = [Fold([(x0 + d * 0.6, 250), (x1 + d, 380), (x1 + d, low)], 15, 5) for d in (-26, 0, 26)]
        sheet.panel(end, fabric, folds, bulge=14)
    inset(sheet, ellipse(0, 168, 74, 50), fabric)
    loop = smooth([(-96, 160), (-90, 226), (0, 268), (90, 226), (96, 160), (60, 116), (0, 106), (-60, 116), (-96, 160)])
    hole: list[Point] = ellipse(0, 162, 56, 30)
    sheet.panel(loop, fabric, [Fold([(-90, y), (0, y + 44), (90, y)], 15, 6) for y in (176, 200)], Flow(sag=30), bulge=18)
    inset(sheet, hole, fabric)


def sunglasses(sheet: Sheet, look: Look) -> None:
    """Sunglasses with graded lenses."""
    frame = replace(look.fabric, weave="patent", pattern="solid")
    for side in (1, -1):
        sheet.panel(ribbon([(side * 178, 262), (side * 206, 246), (side * 196, 200)], 12), frame, bulge=4)
    sheet.panel(ribbon(arc(0, 290, 34, 30, 200, 340), 13), frame, bulge=4)
    for side in (1, -1):
        rim = outline([corner(side * 22, 262), at(side * 100, 244), corner(side * 190, 252), at(side * 186, 310), at(side * 150, 362),
                       at(side * 96, 372), at(side * 44, 346)])
        sheet.panel(rim, frame, bulge=8)
        lens = [(side * 105 + (x - side * 105) * 0.83, 306 + (y - 306) * 0.81) for x, y in rim]
        sheet.panel(lens, plain((58, 60, 68), "patent"), bulge=20, shadow=0.2)
        glint = [(side * 105 - 44, 292), (side * 105 - 16, 276), (side * 105 + 20, 270)]
        sheet.ink(ribbon(glint, 9, taper=True), (255, 255, 255), 0.4)
        sheet.ink(ellipse(side * 180, 260, 4, 3), GOLD)


def watch(sheet: Sheet, look: Look) -> None:
    """A wrist watch on a leather strap."""
    fabric = look.fabric
    for top, low in ((66, 230), (370, 548)):
        strap = symmetric([corner(0, top), corner(34, top), at(37, (top + low) / 2), corner(46, low), at(0, low)])
        if top > 200:
            strap = symmetric([corner(0, top), corner(46, top), at(37, (top + low) / 2), at(31, low - 12), corner(0, low + 8)])
        sheet.panel(strap, fabric, bulge=9)
        for side in (1, -1):
            sheet.stitches([(side * 33, top + 18), (side * 33, low - 18)], thread(fabric.ground), 4.5, 1.3)
    for k in range(5):
        sheet.ink(ellipse(0, 440 + k * 20, 3.4, 4.6), darker(fabric.ground, 0.7), 0.9)
    _dial(sheet, GOLD if look.style == "gold" else SILVER)


def _dial(sheet: Sheet, metal: tuple[float, float, float]) -> None:
    sheet.panel(rounded(84, 288, 104, 312, 5), plain(metal, "patent"), bulge=3)
    sheet.panel(ellipse(0, 300, 92, 92), plain(metal, "patent"), bulge=11, shadow=0.5)
    sheet.panel(ellipse(0, 300, 76, 76), plain((250, 248, 243), "satin"), bulge=5, shadow=0)
    for hour in range(12):
        a = hour * math.tau / 12
        s, c = math.sin(a), math.cos(a)
        mark = [(58 * s, 300 - 58 * c), (68 * s, 300 - 68 * c)]
        sheet.ink(ribbon(mark, 5 if hour % 3 == 0 else 2.4), (40, 42, 50))
    for turn, reach, width in ((5.25, 40, 5.0), (0.75, 58, 3.4)):
        hand = [(0, 300), (reach * math.sin(turn), 300 - reach * math.cos(turn))]
        sheet.panel(ribbon(hand, width), plain((40, 42, 50), "patent"), bulge=2, shadow=0.3)
    sheet.button(0, 300, 4.5, metal)
