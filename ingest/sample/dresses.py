"""Dresses of several cuts, maternity wear, jumpsuits and overalls."""

from dataclasses import replace

from ingest.sample.blocks import Legs, Torso, body, inside_back, legs, neck_rib, skirt, sleeves
from ingest.sample.details import belt, bow, collar, mirrored, placket, pocket, slash
from ingest.sample.fabric import Cloth, Flow
from ingest.sample.look import Look
from ingest.sample.palette import GOLD, SILVER, darker, lighter, thread
from ingest.sample.shapes import Line, at, corner, outline, ribbon, symmetric
from ingest.sample.studio import Fold, Sheet, drape

LENGTHS = {"mini": (400, 122), "midi": (494, 138), "maxi": (572, 152)}
BODICE = Torso(neck=40, neck_y=48, drop=30, shoulder=84, shoulder_y=66, chest=82, chest_y=140, waist=70,
               waist_y=196, hem=64, hem_y=226)


def dress(sheet: Sheet, look: Look) -> None:
    """A dress; its style names the cut: wrap, slip, skater, shirt, tiered, sheath or gown."""
    CUTS[look.style](sheet, look)


def _waisted(sheet: Sheet, look: Look, bodice: Torso, fullness: float = 1.0, folds: int = 7) -> None:
    """Sleeves, skirt and bodice of a dress with a seam at the waist."""
    low, wide = LENGTHS[look.length]
    inside_back(sheet, bodice, look.fabric)
    sleeves(sheet, bodice, look, look.sleeve, width=25, spread=66)
    skirt(sheet, look, (bodice.hem_y - 3, bodice.hem - 1), (low, wide * fullness), folds=folds)
    body(sheet, bodice, look, folds=2, hem=0)


def _skater(sheet: Sheet, look: Look) -> None:
    _waisted(sheet, look, BODICE, 1.12, 6)
    neck_rib(sheet, BODICE, look.fabric, 5)
    sheet.seam([(-63, 229), (0, 234), (63, 229)], look.fabric.ground, 1.8)


def _wrap(sheet: Sheet, look: Look) -> None:
    bodice = replace(BODICE, vee=True, drop=112, neck=38)
    inside_back(sheet, replace(bodice, drop=70, vee=False), look.fabric)
    _waisted(sheet, look, bodice, 0.95, 5)
    cross = outline([corner(-37, 48), corner(-52, 55), at(-2, 160), corner(62, 224), corner(64, 206), at(6, 150)])
    sheet.panel(cross, look.fabric, bulge=5, shadow=0.35)
    low = LENGTHS[look.length][0]
    sheet.seam([(-38, 232), (-20, 340), (-52, low + 2)], look.fabric.ground, 1.8, 0.6)
    belt(sheet, 228, 64, look.fabric, 13)
    bow(sheet, -36, 229, 24, look.fabric)


def _shirt(sheet: Sheet, look: Look) -> None:
    bodice = replace(BODICE, drop=20, neck=36)
    _waisted(sheet, look, bodice, 0.9, 4)
    placket(sheet, 72, LENGTHS[look.length][0] - 8, look.fabric, 11, lighter(look.fabric.ground, 0.55), 3.6, 14)
    collar(sheet, bodice, look.fabric, 25)
    pocket(sheet, 40, 120, 34, 36, look.fabric)
    belt(sheet, 228, 65, look.fabric, 14, GOLD)


def _sheath(sheet: Sheet, look: Look) -> None:
    low = {"mini": 400, "midi": 490, "maxi": 560}[look.length]
    inside_back(sheet, BODICE, look.fabric)
    sleeves(sheet, BODICE, look, look.sleeve, width=25, spread=66)
    path = symmetric([*BODICE.neckline(), corner(78, 64), at(70, 100), corner(80, 140), at(68, 190), at(64, 222),
                      at(90, 300), at(88, 380), corner(78, low), at(0, low + 5)])
    folds = drape(look.rng, (150, 60), (low, 70), 4, 3.5) + [Fold([(-70, 236), (-30, 228), (40, 234)], 9, 3)]
    sheet.panel(path, look.fabric, folds, Flow(sag=4))
    for side in (1, -1):
        sheet.seam([(side * 44, 150), (side * 34, 225), (side * 44, 300)], look.fabric.ground, 1.2, 0.4)
    neck_rib(sheet, BODICE, replace(look.fabric, weave="jersey"), 5)


def _slip(sheet: Sheet, look: Look) -> None:
    low, wide = LENGTHS[look.length]
    _straps(sheet, look.fabric, 40)
    path = symmetric([corner(0, 124), at(24, 104), corner(48, 86), at(66, 112), corner(80, 142), at(68, 190),
                      at(64, 222), at(88, 320), corner(wide * 0.78, low), at(0, low + 9)])
    folds = drape(look.rng, (220, 44), (low, wide * 0.7), 7, 5.5, 17) + [Fold([(-34, 130), (0, 150), (34, 130)], 12, 4)]
    sheet.panel(path, look.fabric, folds, Flow(sag=4, fan=0.12, top=220))
    sheet.stitches([(-46, 92), (-22, 109), (0, 129), (22, 109), (46, 92)], thread(look.fabric.ground), 2, 0.9)


def _straps(sheet: Sheet, fabric: Cloth, top: float) -> None:
    for side in (1, -1):
        sheet.panel(ribbon([(side * 48, 96), (side * 45, 60), (side * 36, top)], 6), fabric, bulge=3)


def _gown(sheet: Sheet, look: Look) -> None:
    _straps(sheet, look.fabric, 40)
    low, wide = LENGTHS["maxi"]
    skirt(sheet, look, (218, 62), (low, wide * 1.12), folds=8, depth=6.5, curve=0.28)
    top = symmetric([corner(0, 112), at(20, 92), at(44, 88), corner(64, 100), corner(78, 134), at(70, 180), corner(62, 222),
                     at(0, 228)])
    sheet.panel(top, look.fabric, drape(look.rng, (110, 30), (222, 50), 4, 3.5, 10), Flow(sag=3))
    belt(sheet, 222, 63, look.fabric, 14)


def _tiered(sheet: Sheet, look: Look) -> None:
    low, wide = LENGTHS[look.length]
    inside_back(sheet, BODICE, look.fabric)
    sleeves(sheet, BODICE, look, look.sleeve, width=28, spread=70)
    step = (low - 220) / 3
    for k in (2, 1, 0):
        reach = wide * (0.72 + 0.19 * k)
        skirt(sheet, look, (220 + k * step - 4, 64 if not k else wide * (0.66 + 0.17 * (k - 1))),
              (220 + (k + 1) * step, reach), folds=7 + k, wave=4, depth=4)
    body(sheet, BODICE, look, folds=2, hem=0)
    neck_rib(sheet, BODICE, look.fabric, 5)
    sheet.seam([(-63, 226), (0, 231), (63, 226)], look.fabric.ground, 1.8)


CUTS = {"skater": _skater, "wrap": _wrap, "shirt": _shirt, "sheath": _sheath, "slip": _slip, "gown": _gown,
        "tiered": _tiered}


def dome(x: float, y: float, rx: float, ry: float, height: float) -> list[Fold]:
    """A rounded swelling, as nested ridges."""
    return [Fold([(x, y - ry * s), (x, y), (x, y + ry * s)], 2 * rx * s, height * (1 - s * s))
            for s in (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2)]


def maternity_dress(sheet: Sheet, look: Look) -> None:
    """A dress with an empire seam, tied below the bust, and room for the belly."""
    low = min(LENGTHS[look.length][0], 540)
    bodice = replace(BODICE, vee=look.style == "vee", drop=60 if look.style == "vee" else 34, hem=60, hem_y=200,
                     waist=64, waist_y=178)
    inside_back(sheet, bodice, look.fabric)
    sleeves(sheet, bodice, look, look.sleeve, width=25, spread=66)
    path = symmetric([at(0, 202), corner(58, 198), at(84, 234), at(103, 286), at(113, 340), at(134, 410), corner(162, low),
                      at(0, low + 12)])
    folds = dome(0, 290, 88, 98, 38) + drape(look.rng, (370, 90), (low, 150), 7, 5.5, 19)
    folds += [Fold([(x * 0.8, 202), (x, 222), (x * 1.1, 246)], 7, 3) for x in range(-48, 49, 16)]
    sheet.panel(path, look.fabric, folds, Flow(sag=-12, fan=0.14, top=200), bulge=20)
    body(sheet, bodice, look, folds=2, hem=0)
    if not bodice.vee:
        neck_rib(sheet, bodice, look.fabric, 5)
    sash = replace(look.fabric, ground=darker(look.fabric.ground, 0.12))
    belt(sheet, 200, 60, sash, 11)
    bow(sheet, 0, 202, 20, sash)


def maternity_top(sheet: Sheet, look: Look) -> None:
    """A top gathered along its side seams over the belly."""
    torso = Torso(neck=44, neck_y=84, drop=40, shoulder=100, shoulder_y=106, chest=98, chest_y=196, waist=128,
                  waist_y=350, hem=104, hem_y=500)
    inside_back(sheet, torso, look.fabric)
    sleeves(sheet, torso, look, look.sleeve, width=28, spread=68)
    folds = dome(0, 350, 118, 120, 46)
    for y in range(280, 450, 24):
        for side in (1, -1):
            folds.append(Fold([(side * 130, y), (side * 104, y + 4), (side * 78, y + 14)], 9, 5))
    sheet.panel(torso.outline(), look.fabric, folds, Flow(sag=-16), bulge=20)
    sheet.seam([(-96, 226), (-40, 238), (0, 240), (40, 238), (96, 226)], look.fabric.ground, 1.6, 0.5)
    neck_rib(sheet, torso, look.fabric, 7)


def jumpsuit(sheet: Sheet, look: Look) -> None:
    """A jumpsuit: bodice and long trousers in one, with a belt."""
    bodice = BODICE.scaled(0.92, 28)
    bodice = replace(bodice, vee=look.style == "vee", drop=70 if look.style == "vee" else 28, hem=62, hem_y=206)
    inside_back(sheet, bodice, look.fabric)
    sleeves(sheet, bodice, look, look.sleeve, width=25, spread=66)
    wide = 96 if look.style == "wide" else 82
    legs(sheet, Legs(60, 200, 71, 260, 330, wide, 18, 574), look, crease=True)
    body(sheet, bodice, look, folds=2, hem=0)
    if not bodice.vee:
        neck_rib(sheet, bodice, look.fabric, 5)
    for side in (1, -1):
        slash(sheet, [(side * 58, 218), (side * 66, 262)], look.fabric)
    belt(sheet, 206, 63, look.fabric, 13)
    bow(sheet, 0, 207, 20, look.fabric)


def overalls(sheet: Sheet, look: Look) -> None:
    """Bib overalls: straps with buckles, a bib pocket, side buttons."""
    fabric = look.fabric
    for side in (1, -1):
        sheet.panel(ribbon([(side * 36, 130), (side * 39, 74), (side * 28, 26)], 15), fabric, bulge=5)
    shape = Legs(61, 240, 72, 296, 340, 84, 18, 574)
    legs(sheet, replace(shape, outer=108, hem_y=420) if look.style == "short" else shape, look)
    bib = symmetric([corner(0, 112), corner(45, 110), at(46, 150), at(51, 196), corner(62, 248), at(0, 252)])
    sheet.panel(bib, fabric, drape(look.rng, (130, 40), (230, 60), 3, 2.5), bulge=8)
    sheet.stitches([(-42, 115), (42, 115)], thread(fabric.ground), 3, 1.1)
    pocket(sheet, 0, 146, 52, 52, fabric)
    sheet.panel(symmetric([corner(0, 240), corner(62, 237), corner(63, 254), at(0, 258)]), fabric, bulge=5)
    _fastenings(sheet, [(35, 122), (-35, 122)])
    for side in (1, -1):
        path: Line = [(side * 44, 262), (side * 54, 288), (side * 70, 298)]
        slash(sheet, path if side < 0 else mirrored(mirrored(path)), fabric)
        for y in (244, 262):
            sheet.button(side * 58, y + 8, 4, GOLD)


def _fastenings(sheet: Sheet, places: Line) -> None:
    for x, y in places:
        sheet.panel(ribbon([(x - 10, y - 12), (x - 10, y + 4), (x + 10, y + 4), (x + 10, y - 12)], 3.4),
                    Cloth(SILVER, weave="patent"), bulge=2, shadow=0.4)
        sheet.button(x, y + 5, 6, SILVER)
