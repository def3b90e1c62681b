"""Tops: t-shirts, shirts, sweaters, hoodies and sweatshirts, jackets."""

from dataclasses import replace

from ingest.sample.blocks import Torso, band_of, body, inside_back, neck_rib, sleeves
from ingest.sample.details import collar, drawstring, inset, lapel, placket, pocket, slash, zipper
from ingest.sample.fabric import Cloth, Flow, shaded
from ingest.sample.look import Look
from ingest.sample.palette import GOLD, IVORY, darker, lighter, luminance, thread
from ingest.sample.shapes import Line, arc, at, corner, ellipse, outline, ribbon, symmetric
from ingest.sample.studio import Fold, Sheet

TEE = Torso()
ROOMY = Torso(neck=46, neck_y=128, drop=30, shoulder=108, shoulder_y=152, chest=106, chest_y=256, waist=107,
              waist_y=370, hem=101, hem_y=482)


def t_shirt(sheet: Sheet, look: Look) -> None:
    """A t-shirt; style "v-neck" cuts the neck in a V."""
    torso = replace(TEE, vee=look.style == "v-neck", drop=62 if look.style == "v-neck" else 32)
    inside_back(sheet, torso, look.fabric)
    sleeves(sheet, torso, look, look.sleeve, width=30, spread=66)
    body(sheet, torso, look)
    neck_rib(sheet, torso, look.fabric)


def shirt(sheet: Sheet, look: Look) -> None:
    """A button-up shirt with a chest pocket."""
    torso = replace(TEE, neck=44, drop=24, hem_y=490)
    inside_back(sheet, torso, look.fabric)
    sleeves(sheet, torso, look, look.sleeve, width=27, hem=14)
    body(sheet, torso, look)
    ink = IVORY if luminance(look.fabric.ground) < 0.75 else (206.0, 202.0, 194.0)
    placket(sheet, torso.neck_y + torso.drop + 4, torso.hem_y + 4, look.fabric, 7, ink)
    pocket(sheet, 56, 218, 50, 56, look.fabric)
    for side in (1, -1):
        sheet.seam([(side * 46, torso.neck_y + 34), (side * 80, torso.neck_y + 42), (side * 106, torso.neck_y + 46)],
                   look.fabric.ground, 1.1, 0.35)
    collar(sheet, torso, look.fabric)


def polo(sheet: Sheet, look: Look) -> None:
    """A polo shirt: short placket, soft collar, ribbed sleeves."""
    torso = replace(TEE, neck=44, drop=26)
    inside_back(sheet, torso, look.fabric)
    sleeves(sheet, torso, look, "short", width=29, cuff=9)
    body(sheet, torso, look)
    placket(sheet, 134, 212, look.fabric, 3, lighter(look.fabric.ground, 0.3))
    collar(sheet, torso, replace(look.fabric, pattern="solid"), 32)


def sweater(sheet: Sheet, look: Look) -> None:
    """A knitted sweater; style "roll-neck" has a high collar, "cardigan" buttons down the front."""
    torso = replace(ROOMY, neck_y=112, shoulder_y=138, chest_y=240, hem_y=466, drop=30)
    if look.style == "cardigan":
        torso = replace(torso, vee=True, drop=120, neck=42)
    inside_back(sheet, torso, look.fabric, look.style != "roll-neck")
    sleeves(sheet, torso, look, "long", width=28, spread=70, cuff=24)
    band_of(sheet, [(-torso.hem, torso.hem_y), (torso.hem, torso.hem_y)], 28, look.fabric)
    body(sheet, torso, look, hem=0)
    if look.style == "cardigan":
        placket(sheet, torso.neck_y + torso.drop, torso.hem_y + 28, look.fabric, 5, darker(look.fabric.ground, 0.35), 5.5)
    if look.style == "roll-neck":
        rib = replace(look.fabric, pattern="solid", weave="rib")
        roll = symmetric([at(0, 152), at(34, 146), corner(52, 122), at(47, 98), corner(44, 82), at(0, 88)])
        sheet.panel(roll, rib, bulge=9, shadow=0.4)
        sheet.panel(symmetric([at(0, 96), corner(44, 88), corner(44, 82), at(0, 76)]), shaded(rib), shade=0.8, shadow=0)
        return
    neck_rib(sheet, torso, look.fabric, 12)


def sweatshirt(sheet: Sheet, look: Look) -> None:
    """A sweatshirt: crew-neck, "half-zip" with a stand-up collar, or "raglan" with paler sleeves."""
    torso = replace(ROOMY, neck_y=116, shoulder_y=140, chest_y=244, hem_y=470)
    inside_back(sheet, torso, look.fabric)
    arms = replace(look, fabric=_paler(look.fabric)) if look.style == "raglan" else look
    sleeves(sheet, torso, arms, "long", width=29, spread=72, cuff=24)
    band_of(sheet, [(-torso.hem, torso.hem_y), (torso.hem, torso.hem_y)], 28, look.fabric)
    body(sheet, torso, look, hem=0)
    if look.style == "half-zip":
        neck = symmetric([at(0, 158), corner(54, 132), at(54, 108), corner(46, 92), at(0, 100)])
        sheet.panel(neck, look.fabric, [Fold([(-46, 122), (0, 130), (46, 122)], 12, 3)], bulge=9, shadow=0.35)
        zipper(sheet, 0, 102, 236, look.fabric)
        return
    neck_rib(sheet, torso, look.fabric, 12)
    sheet.stitches([(-13, 163), (0, 184), (13, 163)], thread(look.fabric.ground), 2.5, 1.1)


def _paler(fabric: Cloth) -> Cloth:
    return replace(fabric, ground=lighter(fabric.ground, 0.28))


def hoodie(sheet: Sheet, look: Look) -> None:
    """A hoodie with a kangaroo pocket; style "zip" opens down the front."""
    torso = ROOMY
    sleeves(sheet, torso, look, "long", width=30, spread=74, cuff=24)
    band_of(sheet, [(-torso.hem, torso.hem_y), (torso.hem, torso.hem_y)], 28, look.fabric)
    body(sheet, torso, look, hem=0)
    _kangaroo(sheet, look.fabric)
    if look.style == "zip":
        zipper(sheet, 0, 176, 508, look.fabric)
    _hood(sheet, look.fabric)
    cord = IVORY if luminance(look.fabric.ground) < 0.7 else darker(look.fabric.ground, 0.35)
    for side, length in ((-1, 268), (1, 258)):
        sheet.ink(ellipse(side * 17, 176, 3.6, 3.6), (150, 152, 156))
        drawstring(sheet, [(side * 17, 176), (side * 21, 220), (side * 19, length)], cord)


def _kangaroo(sheet: Sheet, fabric: Cloth) -> None:
    path = symmetric([corner(0, 372), corner(52, 372), at(78, 410), corner(90, 440), corner(90, 478), at(0, 482)])
    sheet.panel(path, fabric, bulge=8, shadow=0.3)
    for side in (1, -1):
        sheet.stitches([(side * 49, 376), (side * 74, 412), (side * 85, 441)], thread(fabric.ground), 3, 1.1)
    sheet.stitches([(-50, 377), (50, 377)], thread(fabric.ground), 3, 1.1)


def _hood(sheet: Sheet, fabric: Cloth) -> None:
    """The hood, lying back: an outer shell, its shaded inside, and the two fronts that cross at the throat."""
    shell = symmetric([corner(0, 178), at(36, 172), at(74, 148), at(84, 108), at(66, 66), at(34, 46), at(0, 40)])
    sheet.panel(shell, fabric, [Fold([(-50, 80), (0, 58), (50, 80)], 16, 4)], bulge=16, shadow=0.4)
    lining = symmetric([corner(0, 170), at(30, 150), at(48, 118), at(42, 88), at(22, 72), at(0, 68)])
    inset(sheet, lining, fabric)
    sheet.seam([(0, 70), (0, 150)], shaded(fabric).ground, 1.4, 0.4)
    for side in (1, -1):
        front = [(side * x, y) for x, y in [(-4, 182), (34, 150), (47, 112), (40, 84)]]
        sheet.panel(ribbon(front, 15, taper=True), fabric, bulge=6, shadow=0.3)
    sheet.stitches(arc(0, 118, 58, 62, 200, 340), thread(fabric.ground), 3, 1.1)


def jacket(sheet: Sheet, look: Look) -> None:
    """A jacket: style "denim" with flap pockets, "blazer" with lapels, "puffer" quilted."""
    {"denim": _denim, "blazer": _blazer}.get(look.style, _puffer)(sheet, look)


def _denim(sheet: Sheet, look: Look) -> None:
    torso = replace(ROOMY, neck=48, neck_y=118, shoulder_y=142, chest_y=246, hem=106, hem_y=446)
    inside_back(sheet, torso, look.fabric)
    sleeves(sheet, torso, look, "long", width=29, spread=58, hem=20)
    body(sheet, torso, look, hem=0)
    gold = (208.0, 158.0, 92.0)
    for side in (1, -1):
        _stitched(sheet, [(side * 112, 204), (side * 12, 204)], look.fabric)
        _stitched(sheet, [(side * 76, 246), (side * 40, 442)], look.fabric)
        _stitched(sheet, [(side * 40, 246), (side * 22, 442)], look.fabric)
        pocket(sheet, side * 58, 206, 50, 44, look.fabric, flap=True)
    placket(sheet, 150, 446, look.fabric, 5, GOLD, 4.6, 20)
    waist = outline([corner(-106, 444), at(0, 450), corner(106, 444), corner(104, 476), at(0, 482), corner(-104, 476)])
    sheet.panel(waist, look.fabric, bulge=6, shadow=0.3)
    sheet.stitches([(-102, 471), (0, 477), (102, 471)], gold, 3.5, 1.2)
    sheet.button(0, 464, 4.8, GOLD)
    collar(sheet, torso, look.fabric, 40, 6)


def _stitched(sheet: Sheet, line: Line, fabric: Cloth) -> None:
    sheet.seam(line, fabric.ground, 1.4, 0.5)
    sheet.stitches([(x + 4, y + 3) for x, y in line], (208, 158, 92), 3.5, 1.1)


def _blazer(sheet: Sheet, look: Look) -> None:
    torso = replace(TEE, neck=44, vee=True, drop=190, waist=100, waist_y=330, hem=118, hem_y=500)
    inside_back(sheet, replace(torso, vee=False, drop=60), look.fabric)
    low = torso.neck_y + torso.drop
    inset(sheet, [(-44, 106), (44, 106), (0, low)], look.fabric)
    sleeves(sheet, torso, look, "long", width=26, spread=50)
    body(sheet, torso, look, folds=2)
    sheet.seam([(0, low), (3, low + 100), (-8, torso.hem_y + 5)], look.fabric.ground, 2.0, 0.7)
    lapel(sheet, torso, look.fabric, low + 4)
    for y in (low + 18, low + 62):
        sheet.button(-9, y, 5.2, darker(look.fabric.ground, 0.3))
    for side in (1, -1):
        slash(sheet, [(side * 48, 392), (side * 98, 386)], look.fabric)
    slash(sheet, [(54, 238), (86, 232)], look.fabric)


def _puffer(sheet: Sheet, look: Look) -> None:
    torso = replace(ROOMY, neck=46, neck_y=118, shoulder=122, shoulder_y=142, chest=126, chest_y=250, waist=128, hem=118)
    quilts = [Fold([(-140, y), (0, y + 7), (140, y)], 34, 12) for y in range(165, 500, 40)]
    arms = replace(look, rng=look.rng)
    sleeves(sheet, torso, arms, "long", width=34, spread=60, cuff=14)
    sheet.panel(torso.outline(), replace(look.fabric, weave="satin"), quilts, Flow(), bulge=20)
    for y in range(186, 480, 40):
        sheet.seam([(-124, y), (0, y + 7), (124, y)], look.fabric.ground, 1.5, 0.6)
    zipper(sheet, 0, 122, 486, look.fabric)
    neck = symmetric([at(0, 156), corner(56, 140), at(56, 112), corner(50, 92), at(0, 98)])
    sheet.panel(neck, replace(look.fabric, weave="satin"), [Fold([(-50, 124), (0, 130), (50, 124)], 24, 9)])
    zipper(sheet, 0, 96, 160, look.fabric)
