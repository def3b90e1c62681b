"""Bottoms: trousers, jeans, shorts and skirts."""

from dataclasses import replace

from ingest.sample.blocks import Legs, legs, skirt
from ingest.sample.details import drawstring, slash
from ingest.sample.fabric import Cloth, Flow
from ingest.sample.look import Look
from ingest.sample.palette import GOLD, IVORY, darker
from ingest.sample.shapes import Line, at, corner, ribbon, symmetric
from ingest.sample.studio import Sheet, drape

DENIM_THREAD = (208.0, 158.0, 92.0)
JEANS = {
    "skinny": Legs(outer=64, inner=26, hip=80),
    "wide": Legs(outer=116, inner=8, hip=86),
    "cropped": Legs(outer=84, inner=18, hem_y=480),
    "bootcut": Legs(outer=100, inner=14, hip=82),
}


def waistband(sheet: Sheet, half: float, y: float, fabric: Cloth, depth: float = 20, loops: bool = True) -> None:
    """A band around the waist with belt loops."""
    back = symmetric([at(0, y + 3), corner(half - 3, y - 3), corner(half - 2, y + 8), at(0, y + 14)])
    sheet.panel(back, Cloth(darker(fabric.ground, 0.4), weave=fabric.weave), shade=0.85, bulge=5, shadow=0)
    band = symmetric([at(0, y + 6), corner(half, y - 2), corner(half + 3, y + depth - 2), at(0, y + depth + 6)])
    sheet.panel(band, replace(fabric, pattern="solid" if fabric.pattern == "floral" else fabric.pattern), bulge=5)
    if loops:
        for x in (-half * 0.62, half * 0.62):
            sheet.panel(ribbon([(x, y - 2), (x, y + depth + 5)], 7), fabric, bulge=3, shadow=0.35)


def trousers(sheet: Sheet, look: Look) -> None:
    """Tailored trousers; style "wide" has wide legs, "jogger" a drawstring and cuffs."""
    shape = replace(Legs(), outer=114, inner=12, hip=88) if look.style == "wide" else Legs(outer=84, inner=22)
    legs(sheet, shape, look, crease=look.style != "jogger")
    for side in (1, -1):
        slash(sheet, [(side * 59, 76), (side * 78, 138)], look.fabric)
    if look.style == "jogger":
        waistband(sheet, 72, 46, replace(look.fabric, weave="rib"), 26, loops=False)
        for side in (1, -1):
            drawstring(sheet, [(side * 5, 68), (side * 9, 104), (side * 7, 132)], IVORY)
            sheet.panel(ribbon([(side * 86, 560), (side * 20, 560)], 26), replace(look.fabric, weave="rib"), bulge=6)
        return
    waistband(sheet, 72, 46, look.fabric)
    sheet.button(-1, 63, 4.6, darker(look.fabric.ground, 0.35))


def jeans(sheet: Sheet, look: Look) -> None:
    """Five-pocket jeans; the style names the leg: skinny, wide, cropped, bootcut or straight."""
    shape = JEANS.get(look.style, Legs(outer=88, inner=16))
    legs(sheet, shape, look)
    wear = (246.0, 248.0, 252.0)
    for side in (1, -1):
        for k, strength in ((30, 0.035), (23, 0.04), (16, 0.045), (9, 0.04)):
            sheet.ink(ribbon([(side * 54, 170), (side * 52, 290), (side * 48, 430)], k * 1.5, taper=True), wear, strength)
        pocket_edge: Line = [(side * 36, 70), (side * 45, 98), (side * 83, 112)]
        sheet.seam(pocket_edge, look.fabric.ground, 1.8, 0.6)
        sheet.stitches([(x, y + 5) for x, y in pocket_edge], DENIM_THREAD, 3.5, 1.2)
        hem = [(side * (shape.inner + 3), shape.hem_y - 10), (side * (shape.outer - 3), shape.hem_y - 11)]
        sheet.stitches(hem, DENIM_THREAD, 3.5, 1.2)
        sheet.button(side * 44, 78, 2.6, GOLD)
    sheet.stitches([(20, 70), (20, 150), (6, 186)], DENIM_THREAD, 3.5, 1.2)
    waistband(sheet, 72, 46, look.fabric)
    sheet.stitches([(-68, 64), (0, 70), (68, 64)], DENIM_THREAD, 3.5, 1.1)
    sheet.button(-1, 63, 5.4, GOLD)


def shorts(sheet: Sheet, look: Look) -> None:
    """Shorts with slash pockets."""
    shape = Legs(waist=104, waist_y=158, hip=128, hip_y=250, crotch_y=330, outer=140, inner=12, hem_y=440)
    legs(sheet, shape, look)
    denim = look.fabric.weave == "denim"
    for side in (1, -1):
        slash(sheet, [(side * 82, 188), (side * 112, 246)], look.fabric)
        if denim:
            sheet.stitches([(side * 18, 430), (side * 136, 430)], DENIM_THREAD, 3.5, 1.2)
    if look.style == "drawstring":
        waistband(sheet, 104, 152, replace(look.fabric, weave="rib", pattern="solid"), 28, loops=False)
        for side in (1, -1):
            drawstring(sheet, [(side * 6, 176), (side * 12, 212), (side * 9, 238)], IVORY)
        return
    waistband(sheet, 104, 152, look.fabric, 24)
    sheet.button(-1, 171, 5, GOLD if denim else darker(look.fabric.ground, 0.35))


def skirt_piece(sheet: Sheet, look: Look) -> None:
    """A skirt: style "pencil", "pleated" or flared."""
    low = {"mini": 410, "midi": 500, "maxi": 560}[look.length]
    if look.style == "pencil":
        path = symmetric([corner(0, 120), corner(76, 116), at(104, 200), at(102, 330), corner(86, low), at(0, low + 6)])
        sheet.panel(path, look.fabric, drape(look.rng, (180, 70), (low, 70), 4, 3.5), Flow(sag=4), bulge=16)
        for side in (1, -1):
            sheet.seam([(side * 44, 130), (side * 50, 220)], look.fabric.ground, 1.2, 0.4)
    else:
        skirt(sheet, look, (124, 78), (low, 176), folds=11 if look.style == "pleated" else 7,
              wave=3 if look.style == "pleated" else 6, depth=6.5)
    waistband(sheet, 78, 104, look.fabric, 24, loops=False)
    if look.style == "buttoned":
        for k in range(7):
            sheet.button(0, 150 + k * (low - 190) / 6, 5, IVORY)


