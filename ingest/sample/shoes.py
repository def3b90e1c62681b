"""Shoes, drawn as pairs from the side: sneakers, boots, pumps, loafers."""

from collections.abc import Callable
from dataclasses import replace

from ingest.sample.details import highlight
from ingest.sample.fabric import Cloth, plain, shaded
from ingest.sample.look import Look
from ingest.sample.palette import IVORY, TAN, darker, lighter, luminance, mix, thread
from ingest.sample.shapes import Line, at, corner, ellipse, outline, ribbon, smooth
from ingest.sample.studio import Fold, Sheet

RUBBER = (240.0, 238.0, 231.0)


def pair(draw: Callable[[Sheet, Look], None], sheet: Sheet, look: Look) -> None:
    """The shoe twice: its mate behind, a little higher and half hidden."""
    with sheet.placed(-44, 256, 0.92):
        draw(sheet, look)
    with sheet.placed(12, 328, 0.99):
        draw(sheet, look)


def sneakers(sheet: Sheet, look: Look) -> None:
    """Laced sneakers; style "high-top" covers the ankle."""
    pair(_high_top if look.style == "high-top" else _sneaker, sheet, look)


def _sole(sheet: Sheet, look: Look) -> None:
    sole = outline([corner(-184, 366), at(-100, 374), at(40, 376), at(150, 374), corner(190, 356), at(196, 376), at(184, 396),
                    corner(160, 402), corner(-168, 402), at(-188, 392)])
    sheet.panel(sole, plain(RUBBER, "rubber"), bulge=8, shadow=0.3)
    accent = look.fabric.ground if luminance(look.fabric.ground) < 0.8 else (170.0, 172.0, 176.0)
    sheet.ink(ribbon([(-180, 384), (-60, 388), (80, 388), (186, 380)], 3), accent, 0.9)
    for k in range(24):
        x = -164 + k * 14
        sheet.ink(ribbon([(x, 394), (x + 3, 401)], 2.4), (150, 148, 142), 0.6)


def _sneaker(sheet: Sheet, look: Look) -> None:
    fabric = look.fabric
    tongue = outline([corner(-60, 282), at(-58, 238), corner(-40, 212), at(-22, 214), corner(-4, 236), at(40, 290), corner(60, 320)])
    sheet.panel(tongue, replace(fabric, pattern="solid"), bulge=8)
    lining = outline([corner(-150, 254), at(-110, 262), at(-70, 256), corner(-44, 228), at(-60, 292), corner(-140, 300)])
    sheet.panel(lining, shaded(fabric, 0.35), bulge=6, shade=0.85, shadow=0.2)
    upper = outline([corner(-158, 244), at(-140, 262), at(-104, 284), at(-66, 270), corner(-38, 240), at(12, 292), at(66, 322),
                     at(120, 332), at(166, 346), at(188, 366), corner(190, 382), corner(-178, 382), at(-182, 350), at(-168, 300)])
    sheet.panel(upper, fabric, [Fold([(60, 330), (90, 350), (100, 370)], 12, 4), Fold([(-150, 270), (-60, 300), (30, 312)], 20, 4)],
                bulge=15, shadow=0.35)
    _overlays(sheet, fabric)
    _laces(sheet, [(-38, 246), (-16, 266), (8, 288), (34, 306), (62, 320)], fabric)
    _sole(sheet, look)


def _overlays(sheet: Sheet, fabric: Cloth) -> None:
    """Toe cap, heel counter and a curved side panel."""
    trim = plain(darker(fabric.ground, 0.1) if luminance(fabric.ground) > 0.2 else lighter(fabric.ground, 0.08), "leather")
    heel = outline([corner(-164, 276), at(-140, 300), at(-118, 340), corner(-112, 384), corner(-180, 384), at(-182, 340)])
    toe = outline([corner(110, 331), at(166, 344), at(190, 366), corner(190, 384), corner(122, 384), at(106, 360)])
    for path in (heel, toe):
        sheet.panel(path, trim, bulge=8, shadow=0.2)
        sheet.stitches(path[: len(path) // 3], thread(trim.ground), 3, 1)
    side = outline([corner(-112, 384), at(-102, 344), at(-72, 314), at(-26, 330), corner(40, 384)])
    sheet.panel(side, plain(mix(fabric.ground, highlight(fabric), 0.45), "leather"), bulge=7, shadow=0.2)
    sheet.stitches([(-102, 376), (-93, 348), (-70, 322), (-30, 337), (20, 376)], thread(trim.ground), 3, 1)


def _laces(sheet: Sheet, line: Line, fabric: Cloth) -> None:
    cord = IVORY if luminance(fabric.ground) < 0.75 else (252.0, 251.0, 248.0)
    for x, y in line:
        sheet.ink(ellipse(x - 10, y + 17, 3, 3), darker(fabric.ground, 0.6), 0.8)
        sheet.panel(ribbon([(x - 10, y + 16), (x + 6, y - 2), (x + 20, y - 10)], 7.5), plain(cord, "canvas"), bulge=3, shadow=0.45)


def _high_top(sheet: Sheet, look: Look) -> None:
    fabric = look.fabric
    tongue = outline([corner(-70, 260), at(-66, 180), corner(-46, 146), at(-26, 148), corner(-10, 170), at(20, 270), corner(60, 320)])
    sheet.panel(tongue, replace(fabric, pattern="solid"), bulge=8)
    upper = outline([corner(-158, 178), at(-110, 188), corner(-52, 168), at(-34, 230), at(14, 296), at(66, 322), at(130, 334),
                     at(180, 352), corner(190, 382), corner(-178, 382), at(-176, 330), at(-160, 270), at(-166, 220)])
    sheet.panel(upper, fabric, [Fold([(-150, 280), (-90, 290), (-30, 270)], 16, 5)], bulge=15)
    toe = outline([corner(112, 330), at(160, 340), at(190, 362), corner(192, 384), corner(122, 384), at(106, 360)])
    sheet.panel(toe, plain(RUBBER, "rubber"), bulge=9, shadow=0.25)
    counter = outline([corner(-160, 270), at(-132, 300), at(-112, 340), corner(-106, 384), corner(-178, 384), at(-176, 330)])
    sheet.panel(counter, replace(fabric, ground=darker(fabric.ground, 0.1)), bulge=8, shadow=0.2)
    sheet.stitches([(-150, 192), (-104, 202), (-66, 190)], thread(fabric.ground), 3.5, 1.1)
    _laces(sheet, [(-54, 184), (-46, 214), (-34, 244), (-14, 272), (12, 296), (44, 314)], fabric)
    _sole(sheet, look)


def boots(sheet: Sheet, look: Look) -> None:
    """Chelsea boots with elastic sides, a pull tab and a low heel."""
    pair(_boot, sheet, look)


def _boot(sheet: Sheet, look: Look) -> None:
    fabric = look.fabric
    sheet.panel(ribbon([(-146, 178), (-144, 146), (-128, 146), (-128, 178)], 8), fabric, bulge=3)
    mouth = outline([corner(-150, 170), at(-92, 160), corner(-34, 166), at(-92, 182)])
    sheet.panel(mouth, shaded(fabric, 0.5), shade=0.8, bulge=4)
    shaft = outline([corner(-152, 170), at(-92, 180), corner(-32, 166), at(-30, 240), at(-6, 290), at(60, 316), at(130, 332),
                     at(178, 354), corner(186, 384), corner(-164, 384), at(-166, 340), at(-148, 280), at(-156, 220)])
    folds = [Fold([(-40, 282), (-70, 300), (-130, 296)], 16, 6), Fold([(10, 300), (0, 330), (-20, 356)], 14, 6)]
    sheet.panel(shaft, fabric, folds, bulge=17)
    gore = outline([corner(-110, 178), corner(-66, 177), at(-64, 230), corner(-82, 290), at(-104, 240)])
    sheet.panel(gore, Cloth(darker(fabric.ground, 0.45), weave="rib"), bulge=4, shadow=0.25)
    sheet.stitches(smooth([(-60, 178), (-57, 236), (-78, 298)]), thread(fabric.ground), 3, 1)
    _heel_sole(sheet, fabric, 30)


def _heel_sole(sheet: Sheet, fabric: Cloth, heel: float) -> None:
    tone = (62.0, 44.0, 34.0) if luminance(fabric.ground) > 0.2 else (22.0, 22.0, 24.0)
    sole = outline([corner(-168, 376), at(0, 386), at(120, 386), corner(190, 374), at(192, 388), corner(172, 397), at(40, 400),
                    corner(-80, 394), corner(-84, 384 + heel), corner(-164, 384 + heel), at(-168, 396)])
    sheet.panel(sole, plain(tone, "rubber"), bulge=6, shadow=0.25)
    sheet.stitches([(-160, 381), (0, 390), (120, 390), (184, 379)], lighter(TAN, 0.2), 3, 1)


def pumps(sheet: Sheet, look: Look) -> None:
    """High-heeled pumps."""
    pair(_pump, sheet, look)


def _pump(sheet: Sheet, look: Look) -> None:
    fabric = look.fabric
    heel = outline([corner(-176, 300), at(-172, 360), corner(-160, 432), corner(-146, 432), at(-138, 370), corner(-112, 326)])
    sheet.panel(heel, fabric, bulge=7)
    inner = outline([corner(-160, 236), at(-100, 300), at(0, 348), corner(84, 356), at(20, 372), at(-80, 350), corner(-140, 300)])
    sheet.panel(inner, Cloth((214, 186, 152), weave="leather"), bulge=5, shade=0.86)
    upper = outline([corner(-164, 232), at(-140, 270), at(-84, 322), at(-20, 356), at(44, 364), corner(86, 352), at(130, 364),
                     at(174, 394), at(192, 416), corner(188, 428), at(120, 430), at(56, 428), at(-10, 400), at(-70, 358),
                     at(-120, 330), corner(-166, 332), at(-178, 290)])
    sheet.panel(upper, fabric, [Fold([(70, 380), (120, 386), (170, 410)], 18, 5)], bulge=13)
    sole = outline([corner(-166, 330), at(-110, 336), at(-60, 370), at(0, 412), at(60, 434), corner(188, 430), corner(188, 435),
                    at(60, 440), at(-6, 420), at(-66, 380), at(-112, 345), corner(-166, 338)])
    sheet.panel(sole, plain((34, 26, 24)), bulge=3)
    sheet.ink(ribbon([(110, 378), (146, 390), (168, 404)], 6, taper=True), (255, 255, 255), 0.4)


def loafers(sheet: Sheet, look: Look) -> None:
    """Penny loafers."""
    pair(_loafer, sheet, look)


def _loafer(sheet: Sheet, look: Look) -> None:
    fabric = look.fabric
    lining = outline([corner(-152, 276), at(-90, 286), at(-30, 276), corner(16, 262), at(-10, 312), corner(-140, 322)])
    sheet.panel(lining, Cloth((196, 160, 120), weave="leather"), bulge=6, shade=0.85)
    upper = outline([corner(-160, 270), at(-130, 296), at(-84, 312), at(-30, 302), corner(14, 256), at(70, 292), at(130, 322),
                     at(176, 348), corner(188, 384), corner(-166, 384), at(-172, 340)])
    sheet.panel(upper, fabric, [Fold([(60, 320), (80, 345), (86, 372)], 12, 4)], bulge=15)
    apron: Line = [(8, 290), (66, 322), (124, 344), (160, 352), (178, 366)]
    sheet.seam(apron, fabric.ground, 2.2, 0.6)
    sheet.stitches([(x - 4, y + 5) for x, y in apron], thread(fabric.ground), 4, 1.4)
    strap = outline([corner(-14, 296), at(24, 292), corner(42, 276), corner(68, 292), at(48, 322), corner(-6, 376), corner(-42, 376)])
    sheet.panel(strap, fabric, bulge=6, shadow=0.35)
    sheet.ink(ribbon([(14, 312), (36, 302)], 7, taper=True), darker(fabric.ground, 0.6), 0.9)
    _heel_sole(sheet, fabric, 22)
