"""The sample catalogue's products: each family in each of its prints, with title, brand, price, stock and pictures."""

import random
import re
from dataclasses import dataclass
from typing import Final

from PIL import Image

from ingest.sample.fabric import cloth
from ingest.sample.families import FRAMES, Family
from ingest.sample.look import Look
from ingest.sample.more_families import FAMILIES
from ingest.sample.palette import BACKDROPS
from ingest.sample.shapes import View
from ingest.sample.studio import Sheet, photograph

BRANDS: Final = ("Brindlewick", "Ostrelle", "Kelvane", "Tavorra", "Quillmere", "Fennholt", "Lumenfold")

_MATERIALS: Final = {
    "jersey": "soft cotton", "denim": "washed denim", "knit": "fine merino knit", "leather": "smooth leather",
    "satin": "fluid satin", "canvas": "sturdy cotton canvas", "straw": "woven straw", "patent": "glossy patent leather",
    "rib": "ribbed wool",
}
_CARE: Final = ("Made to be worn often.", "True to size.", "Easy to wear, easy to love.", "A piece for every season.",
                "Finished with care, down to the last seam.", "Goes with almost everything.")
_DETAILS: Final = ((0.0, -0.3), (0.24, -0.12), (-0.12, 0.12))  # where a close-up looks, in frames from the middle


@dataclass(frozen=True)
class Product:
    """One row of the catalogue."""

    id: str
    family: Family
    colour: str
    pattern: str
    brand: str
    price: float
    in_stock: bool
    views: int

    @property
    def title(self) -> str:
        """As a shop would write it: "Ostrelle floral wrap midi dress, red"."""
        print_word = "" if self.pattern == "solid" else f"{self.pattern} "
        return f"{self.brand} {print_word}{self.family.name}, {self.colour}"

    @property
    def description(self) -> str:
        """Two sentences about it."""
        rng = random.Random(f"words {self.id}")
        look = self.colour if self.pattern == "solid" else f"{self.colour} {self.pattern}"
        material = "suede" if "suede" in self.family.name else _MATERIALS[self.family.weave]
        if self.family.category in ("sunglasses", "watches"):
            return f"{self.family.name.capitalize()} in {look}. {rng.choice(_CARE)}"
        return f"{self.family.name.capitalize()} in {look}, made of {material}. {rng.choice(_CARE)}"

    @property
    def images(self) -> list[str]:
        """The pictures' paths beside the CSV, the main one first."""
        return [f"images/{self.id}{f'-{k + 1}' if k else ''}.jpg" for k in range(self.views)]

    def row(self) -> dict[str, str]:
        """The product as a line of products.csv."""
        family = self.family
        sleeve = {"none": "sleeveless", "": ""}.get(family.sleeve, family.sleeve)
        return {
            "id": self.id, "title": self.title, "description": self.description, "category": family.category,
            "brand": self.brand, "colour": self.colour, "gender": family.gender, "pattern": self.pattern,
            "sleeve": sleeve, "price": f"{self.price:.2f}", "currency": "EUR",
            "in_stock": "true" if self.in_stock else "false", "url": f"https://shop.example/p/{self.id}",
            "images": "|".join(self.images),
        }


def products() -> list[Product]:
    """Every product of the sample shop, always the same."""
    return [_product(family, pattern, colour) for family in FAMILIES for pattern, colour in family.prints()]


def _product(family: Family, pattern: str, colour: str) -> Product:
    words = family.name.replace("'", "") + ("" if pattern == "solid" else f" {pattern}") + f" {colour}"
    slug = re.sub(r"[^a-z0-9]+", "-", words.lower())
    rng = random.Random(f"shop {slug}")
    price = round(family.price * rng.choice((0.85, 0.95, 1.0, 1.0, 1.1, 1.25))) - 0.05
    return Product(slug, family, colour, pattern, rng.choice(BRANDS), max(price, 9.95), rng.random() < 0.85,
                   rng.choice((1, 1, 1, 1, 1, 1, 2, 2, 3)))


def picture(product: Product, number: int) -> Image.Image:
    """A product's picture: 0 the whole piece, 1 a close-up, 2 turned about on another backdrop."""
    rng = random.Random(f"picture {product.id}")
    zoom, middle = _frame(product.family)
    backdrop = rng.choice(["sand", "mist"] if product.colour == "white" else list(BACKDROPS))
    # Nobody lays two pieces down quite alike.
    view = View(zoom, 0.0, middle, turn=rng.uniform(-0.02, 0.02))
    if number == 1:
        dx, dy = rng.choice(_DETAILS)
        view = View(zoom * 1.9, dx * 240 / zoom, middle + dy * 480 / zoom)
    elif number == 2:
        view = View(zoom * 0.94, 0.0, middle, flipped=True, turn=0.05)
        backdrop = "blush" if backdrop != "blush" else "chalk"
    return _shot(product, view, backdrop)


def _frame(family: Family) -> tuple[float, float]:
    """Enlargement and middle: short pieces are brought nearer and up to the middle."""
    zoom, middle = FRAMES[family.draw]
    return (zoom * 1.15, middle - 60) if family.length == "mini" else (zoom, middle)


def _shot(product: Product, view: View, backdrop: str) -> Image.Image:
    family, rng = product.family, random.Random(f"folds {product.id}")
    scale = 0.78 if family.category in ("dresses", "maternity", "jumpsuits/overalls") else 1.0
    fabric = cloth(product.colour, product.pattern, family.weave, scale, family.print_style)
    sheet = Sheet(view)
    family.draw(sheet, Look(fabric, product.colour, rng, family.sleeve, family.length, family.style))
    return photograph(sheet, BACKDROPS[backdrop])
