"""Uniforms and work clothes: scrubs, lab and chef's coats, coveralls, safety vests, aprons."""

from dataclasses import replace

from ingest.sample.blocks import Legs, Torso, body, inside_back, legs, sleeves
from ingest.sample.details import belt, collar, lapel, pocket, slash, zipper
from ingest.sample.fabric import Cloth, plain
from ingest.sample.look import Look
from ingest.sample.palette import IVORY, SILVER, darker, lighter, thread
from ingest.sample.shapes import Line, at, corner, outline, ribbon, symmetric
from ingest.sample.studio import Sheet

SCRUB = Torso(neck=42, neck_y=104, drop=78, vee=True, shoulder=110, shoulder_y=128, chest=114, chest_y=232, waist=114,
              waist_y=340, hem=120, hem_y=480)
REFLECTIVE = (214.0, 217.0, 214.0)


def scrub_top(sheet: Sheet, look: Look) -> None:
    """A nurse's scrub top: V neck, a chest pocket with a pen, two hip pockets."""
    _scrub_body(sheet, look, SCRUB)
    _pen(sheet, 62, 214)
    pocket(sheet, 56, 214, 54, 58, look.fabric)
    for side in (1, -1):
        pocket(sheet, side * 62, 362, 74, 84, look.fabric)


def _pen(sheet: Sheet, x: float, y: float) -> None:
    sheet.panel(ribbon([(x, y - 12), (x + 1, y + 20)], 5), plain((40, 62, 120), "satin"), bulge=2)
    sheet.ink(ribbon([(x + 3, y - 8), (x + 3, y + 8)], 1.6), SILVER)


def _scrub_body(sheet: Sheet, look: Look, torso: Torso) -> None:
    inside_back(sheet, torso, look.fabric)
    sleeves(sheet, torso, look, "elbow", width=36, spread=78)
    body(sheet, torso, look)
    low, n = torso.neck_y + torso.drop, torso.neck
    scale = torso.shoulder / 110
    left: Line = [(-n, torso.neck_y), (4, low + 6)]
    right: Line = [(n, torso.neck_y), (-4, low + 6)]
    for line in (left, right):
        sheet.panel(ribbon(line, 11 * scale), look.fabric, bulge=4, shadow=0.25)
    for side in (1, -1):
        sheet.stitches([(side * (n + 8), torso.neck_y + 8), (side * 8, low + 12)], thread(look.fabric.ground), 2.5, 0.9)
        sheet.stitches([(side * (torso.chest - 4), torso.hem_y - 44 * scale), (side * (torso.hem - 6), torso.hem_y - 4)],
                       thread(look.fabric.ground), 2.5, 1.0)


def scrub_set(sheet: Sheet, look: Look) -> None:
    """Scrub top and drawstring trousers."""
    legs(sheet, Legs(62, 270, 76, 320, 366, 72, 12, 578), look)
    torso = SCRUB.scaled(0.66, 30)
    _scrub_body(sheet, look, torso)
    pocket(sheet, 36, 104, 34, 36, look.fabric)
    for side in (1, -1):
        pocket(sheet, side * 41, 202, 48, 52, look.fabric)


def lab_coat(sheet: Sheet, look: Look) -> None:
    """A doctor's coat: lapels, buttons, three pockets."""
    torso = Torso(neck=38, neck_y=56, drop=110, vee=True, shoulder=96, shoulder_y=78, chest=98, chest_y=166, waist=98,
                  waist_y=300, hem=116, hem_y=540)
    inside_back(sheet, replace(torso, vee=False, drop=46), look.fabric)
    sleeves(sheet, torso, look, "long", width=27, spread=60, hem=14)
    body(sheet, torso, look, folds=4)
    low = torso.neck_y + torso.drop
    sheet.seam([(6, low), (6, torso.hem_y + 4)], look.fabric.ground, 1.8, 0.6)
    lapel(sheet, torso, look.fabric, low + 4, 40)
    for k in range(4):
        sheet.button(-2, low + 22 + k * 54, 5, lighter(darker(look.fabric.ground, 0.25), 0.1))
    _pen(sheet, 54, 196)
    pocket(sheet, 52, 196, 46, 48, look.fabric)
    for side in (1, -1):
        pocket(sheet, side * 58, 346, 64, 74, look.fabric)


def chef_jacket(sheet: Sheet, look: Look) -> None:
    """A chef's double-breasted jacket with a band collar."""
    torso = Torso(neck=42, neck_y=112, drop=20, hem_y=484)
    inside_back(sheet, torso, look.fabric)
    sleeves(sheet, torso, look, "long", width=29, hem=22)
    body(sheet, torso, look)
    sheet.seam([(-62, 160), (-56, 240), (-54, 484)], look.fabric.ground, 1.8, 0.6)
    button = darker(look.fabric.ground, 0.85) if sum(look.fabric.ground) > 500 else IVORY
    for k in range(5):
        for side in (1, -1):
            sheet.button(side * 38, 186 + k * 52, 6.5, button)
    for side in (1, -1):
        leaf = outline([corner(0, 138), corner(side * 4, 112), at(side * 34, 92), corner(side * 50, 84), corner(side * 48, 114),
                        at(side * 30, 130)])
        sheet.panel(leaf, look.fabric, bulge=6, shadow=0.35)
        sheet.stitches([(side * 6, 114), (side * 34, 97), (side * 47, 90)], button, 3, 1.3)


def coverall(sheet: Sheet, look: Look) -> None:
    """A mechanic's coverall: collar, zip, flap pockets, elastic waist."""
    torso = Torso(neck=32, neck_y=34, drop=18, shoulder=84, shoulder_y=54, chest=86, chest_y=126, waist=82, waist_y=190,
                  hem=80, hem_y=252)
    inside_back(sheet, torso, look.fabric)
    sleeves(sheet, torso, look, "long", width=27, spread=62, hem=14)
    legs(sheet, Legs(80, 246, 94, 310, 356, 88, 13, 576), look)
    body(sheet, torso, look, folds=2, hem=0)
    belt(sheet, 250, 80, replace(look.fabric, weave="rib"), 18)
    zipper(sheet, 0, 54, 320, look.fabric)
    for side in (1, -1):
        pocket(sheet, side * 44, 112, 44, 46, look.fabric, flap=True)
        slash(sheet, [(side * 80, 270), (side * 88, 322)], look.fabric)
        sheet.panel(ribbon([(side * 88, 478), (side * 14, 484)], 13), plain(REFLECTIVE, "satin"), bulge=3, shadow=0.15)
    collar(sheet, torso, look.fabric, 24)


def safety_vest(sheet: Sheet, look: Look) -> None:
    """A high-visibility vest with reflective bands and a zip."""
    torso = replace(SCRUB, drop=128, neck=46, shoulder=96, hem=112, chest=108)
    inside_back(sheet, replace(torso, vee=False, drop=60), look.fabric)
    body(sheet, torso, look, folds=2)
    band = plain(REFLECTIVE, "satin")
    for side in (1, -1):
        sheet.panel(ribbon([(side * 72, 118), (side * 70, 480)], 24), band, bulge=3, shadow=0.12)
    for y in (318, 398):
        path = outline([corner(-112, y), at(0, y + 4), corner(112, y), corner(112, y + 25), at(0, y + 29), corner(-112, y + 25)])
        sheet.panel(path, band, bulge=3, shadow=0.15)
        for edge in (y - 1, y + 26):
            sheet.seam([(-110, edge), (0, edge + 4), (110, edge)], look.fabric.ground, 1.2, 0.4)
    trim = plain(darker(look.fabric.ground, 0.25))
    for side in (1, -1):
        sheet.panel(ribbon([(side * 46, 104), (0, 234)], 9), trim, bulge=3, shadow=0.2)
        arm: Line = [(side * 95, 130), (side * 88, 180), (side * 107, 232)]
        sheet.panel(ribbon(arm, 8), trim, bulge=3, shadow=0.1)
    zipper(sheet, 0, 232, 484, look.fabric)


def apron(sheet: Sheet, look: Look) -> None:
    """A bib apron with neck loop, side ties and a front pocket."""
    strap = replace(look.fabric, pattern="solid")
    for side in (1, -1):
        sheet.panel(ribbon([(side * 54, 128), (side * 48, 70), (side * 22, 40), (0, 36)], 12), strap, bulge=4)
        sheet.panel(ribbon([(side * 112, 262), (side * 150, 300), (side * 140, 380), (side * 156, 430)], 10), strap, bulge=4)
    path = symmetric([corner(0, 118), corner(62, 116), at(72, 190), corner(116, 254), at(122, 400), corner(120, 548), at(0, 554)])
    from ingest.sample.studio import drape

    sheet.panel(path, look.fabric, drape(look.rng, (260, 90), (550, 100), 4, 4))
    sheet.stitches([(-58, 123), (58, 123)], thread(look.fabric.ground), 3, 1.1)
    _apron_pocket(sheet, look.fabric)


def _apron_pocket(sheet: Sheet, fabric: Cloth) -> None:
    pocket(sheet, 0, 320, 136, 92, fabric, point=2)
    sheet.stitches([(0, 328), (0, 408)], thread(fabric.ground), 3, 1.1)
