"""What the sample shop sells: style families, each one cut offered in several colours and prints.

To add a garment: write its function (see tops.py), give it a frame in FRAMES, and add a family below.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ingest.sample import accessories, bags, bottoms, dresses, shoes, tops, workwear
from ingest.sample.look import Look
from ingest.sample.studio import Sheet

Draw = Callable[[Sheet, Look], None]


@dataclass(frozen=True)
class Family:
    """One cut: the words for it, the function that draws it, and the colours each pattern comes in."""

    category: str
    name: str
    draw: Draw
    solid: str = ""
    floral: str = ""
    striped: str = ""
    checked: str = ""
    polka_dot: str = ""
    style: str = ""
    sleeve: str = ""
    length: str = "midi"
    weave: str = "jersey"
    gender: str = "women"
    price: float = 40.0
    print_style: int = 1

    def prints(self) -> list[tuple[str, str]]:
        """Every (pattern, colour) the cut is offered in."""
        offers = {"solid": self.solid, "floral": self.floral, "striped": self.striped, "checked": self.checked,
                  "polka dot": self.polka_dot}
        return [(pattern, colour.strip()) for pattern, names in offers.items() for colour in names.split(",") if names]


# How each drawing is framed: enlargement, and the height of its middle in design units.
FRAMES: Final[dict[Draw, tuple[float, float]]] = {
    tops.t_shirt: (1.12, 294), tops.shirt: (1.06, 296), tops.polo: (1.12, 296), tops.sweater: (1.04, 296),
    tops.sweatshirt: (1.06, 300), tops.hoodie: (1.08, 276), tops.jacket: (1.04, 296),
    dresses.dress: (1.02, 306), dresses.maternity_dress: (1.08, 276), dresses.maternity_top: (1.12, 294),
    dresses.jumpsuit: (1.0, 300), dresses.overalls: (1.0, 300),
    workwear.scrub_top: (1.1, 294), workwear.scrub_set: (1.0, 304), workwear.lab_coat: (1.04, 298),
    workwear.chef_jacket: (1.06, 290), workwear.coverall: (1.0, 306), workwear.safety_vest: (1.2, 294),
    workwear.apron: (1.02, 296), bottoms.trousers: (1.04, 306), bottoms.jeans: (1.04, 304),
    bottoms.shorts: (1.3, 300), bottoms.skirt_piece: (1.12, 306), shoes.sneakers: (1.04, 300),
    shoes.boots: (1.04, 282), shoes.pumps: (1.04, 328), shoes.loafers: (1.04, 324), bags.handbag: (1.15, 306),
    bags.tote: (1.08, 290), bags.backpack: (1.06, 286), bags.crossbody: (1.12, 280), bags.purse: (1.1, 312),
    accessories.sun_hat: (1.0, 306), accessories.cap: (1.1, 314), accessories.beanie: (1.2, 300),
    accessories.belt_piece: (1.08, 306), accessories.scarf: (1.08, 326), accessories.sunglasses: (1.05, 292),
    accessories.watch: (1.08, 306),
}


def _dress(name: str, style: str, sleeve: str, length: str, price: float, **offers: str) -> Family:
    weave = "satin" if style in ("slip", "gown") else "jersey"
    return Family("dresses", name, dresses.dress, style=style, sleeve=sleeve, length=length, price=price, weave=weave,
                  print_style=2 if length == "maxi" else 1, **offers)


DRESSES: Final = [
    _dress("skater dress", "skater", "short", "mini", 44.9, solid="red, black, pink, yellow, turquoise",
           floral="red, white", polka_dot="navy, red"),
    _dress("long-sleeved skater dress", "skater", "long", "mini", 49.9, solid="burgundy, green", floral="red, navy"),
    _dress("long-sleeved wrap midi dress", "wrap", "long", "midi", 69.9, solid="red, green, navy, black",
           floral="red, black, pink", polka_dot="navy"),
    _dress("wrap midi dress", "wrap", "short", "midi", 64.9, solid="blue", floral="white, light blue",
           polka_dot="navy, black"),
    _dress("satin slip evening dress", "slip", "none", "midi", 59.9, solid="red, black, green, lavender, white"),
    _dress("long-sleeved shirt dress", "shirt", "long", "midi", 74.9, solid="light blue, beige, white",
           floral="red", striped="navy, blue, red", checked="pink"),
    _dress("sheath dress", "sheath", "none", "midi", 79.9, solid="red, navy, green", striped="black, navy"),
    _dress("sheath evening dress", "sheath", "none", "midi", 99.9, solid="black, burgundy"),
    _dress("wrap evening dress", "wrap", "long", "maxi", 119.0, solid="black, red"),
    _dress("sleeveless evening dress", "skater", "none", "midi", 89.9, solid="black, navy"),
    _dress("evening gown", "gown", "none", "maxi", 139.0, solid="red, black, purple, navy, green"),
    _dress("tiered maxi dress", "tiered", "short", "maxi", 84.9, solid="white, orange", floral="red, teal, yellow",
           polka_dot="navy"),
    _dress("long-sleeved tiered midi dress", "tiered", "long", "midi", 79.9, floral="red, purple", polka_dot="navy"),
]

_SUITS = "jumpsuits/overalls"
JUMPSUITS: Final = [
    Family(_SUITS, "wide-leg jumpsuit", dresses.jumpsuit, "black, teal, red, blue", "black, navy", style="wide",
           sleeve="short", price=74.9),
    Family(_SUITS, "sleeveless V-neck jumpsuit", dresses.jumpsuit, "black, beige, green", "pink",
           polka_dot="black", style="vee", sleeve="none", price=69.9),
    Family(_SUITS, "long-sleeved jumpsuit", dresses.jumpsuit, "black, burgundy", "red", "navy", style="vee",
           sleeve="long", price=79.9),
    Family(_SUITS, "denim overalls", dresses.overalls, "blue, light blue, navy, black", weave="denim", price=64.9),
    Family(_SUITS, "canvas dungarees", dresses.overalls, "blue, pink, beige, green", striped="blue", print_style=2,
           weave="canvas", price=59.9),
    Family(_SUITS, "corduroy dungarees", dresses.overalls, "blue, brown", weave="canvas", price=67.9),
    Family(_SUITS, "short dungarees", dresses.overalls, "blue, light blue, yellow", style="short", weave="denim",
           price=49.9),
]

MATERNITY: Final = [
    Family("maternity", "maternity dress", dresses.maternity_dress, "navy, black, red, grey", "pink, navy",
           "navy", sleeve="short", price=54.9),
    Family("maternity", "long-sleeved pregnancy dress", dresses.maternity_dress, "burgundy, teal, navy", "green, white",
           polka_dot="navy", style="vee", sleeve="long", price=59.9),
    Family("maternity", "pregnancy maxi dress", dresses.maternity_dress, "blue, turquoise", "light blue, lavender",
           sleeve="none", length="maxi", price=64.9),
    Family("maternity", "maternity top", dresses.maternity_top, "white, pink, black", "", "navy, grey, red",
           sleeve="short", price=29.9),
    Family("maternity", "long-sleeved maternity top", dresses.maternity_top, "mint", "", "black, blue",
           sleeve="long", price=32.9),
]

_WORK = "uniforms/work & safety"
WORKWEAR: Final = [
    Family(_WORK, "nurse scrub top", workwear.scrub_top, "teal, blue, navy, green, burgundy, light blue, white",
           sleeve="short", gender="unisex", price=27.9),
    Family(_WORK, "V-neck scrub top", workwear.scrub_top, "blue, teal, pink", sleeve="short", gender="unisex",
           price=24.9),
    Family(_WORK, "long-sleeved scrub top", workwear.scrub_top, "blue, white", sleeve="long", gender="unisex",
           price=31.9),
    Family(_WORK, "surgical scrub set", workwear.scrub_set, "blue, green", sleeve="short", gender="unisex",
           price=54.9),
    Family(_WORK, "medical scrub set", workwear.scrub_set, "teal, blue, navy, green, black", sleeve="short",
           gender="unisex", price=49.9),
    Family(_WORK, "lab coat", workwear.lab_coat, "white, light blue", sleeve="long", gender="unisex", price=39.9),
    Family(_WORK, "chef's jacket", workwear.chef_jacket, "white, black", sleeve="long", gender="unisex", price=44.9),
    Family(_WORK, "short-sleeved chef's jacket", workwear.chef_jacket, "white", sleeve="short", gender="unisex",
           price=41.9),
    Family(_WORK, "work coverall", workwear.coverall, "navy, blue, orange, grey, red", sleeve="long", gender="men",
           weave="canvas", price=69.9),
    Family(_WORK, "high-visibility safety vest", workwear.safety_vest, "yellow, orange, green", sleeve="none",
           gender="unisex", weave="satin", price=14.9),
    Family(_WORK, "work apron", workwear.apron, "white, blue, black", "", "navy", gender="unisex", weave="canvas",
           price=24.9, print_style=2),
]
