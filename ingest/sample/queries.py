"""Labelled text queries for the sample catalogue: what a shopper types, and what the answers must be."""

from dataclasses import dataclass
from typing import Final

from ingest.sample.catalogue import Product


@dataclass(frozen=True)
class SampleQuery:
    """A query, and the attributes that every right answer has; None where the query leaves one open."""

    text: str
    category: str
    colour: str | None = None
    pattern: str | None = None

    def fits(self, product: Product) -> bool:
        """Whether a product is a right answer, pattern included."""
        wanted = (self.category, self.colour or product.colour, self.pattern or product.pattern)
        return wanted == (product.family.category, product.colour, product.pattern)


_SUITS = "jumpsuits/overalls"
_WORK = "uniforms/work & safety"
_HOODIES = "hoodies/sweatshirts"

_QUERIES: Final = (
    SampleQuery("red dress", "dresses", "red"),
    SampleQuery("red floral dress with long sleeves", "dresses", "red", "floral"),
    SampleQuery("black evening dress", "dresses", "black"),
    SampleQuery("navy polka dot dress", "dresses", "navy", "polka dot"),
    SampleQuery("floral summer dress", "dresses", None, "floral"),
    SampleQuery("white dress", "dresses", "white"),
    SampleQuery("green dress", "dresses", "green"),
    SampleQuery("striped dress", "dresses", None, "striped"),
    SampleQuery("black jumpsuit", _SUITS, "black"),
    SampleQuery("denim overalls", _SUITS),
    SampleQuery("blue dungarees", _SUITS, "blue"),
    SampleQuery("wide leg jumpsuit", _SUITS),
    SampleQuery("maternity dress", "maternity"),
    SampleQuery("pregnancy dress with flowers", "maternity", None, "floral"),
    SampleQuery("striped maternity top", "maternity", None, "striped"),
    SampleQuery("navy maternity dress", "maternity", "navy"),
    SampleQuery("nurse uniform", _WORK),
    SampleQuery("medical scrubs", _WORK),
    SampleQuery("blue scrubs", _WORK, "blue"),
    SampleQuery("white work uniform", _WORK, "white"),
    SampleQuery("safety vest", _WORK),
    SampleQuery("navy hoodie", _HOODIES, "navy"),
    SampleQuery("grey sweatshirt", _HOODIES, "grey"),
    SampleQuery("red hoodie", _HOODIES, "red"),
    SampleQuery("black zip hoodie", _HOODIES, "black"),
    SampleQuery("striped t-shirt", "t-shirts", None, "striped"),
    SampleQuery("white t-shirt", "t-shirts", "white"),
    SampleQuery("black t-shirt", "t-shirts", "black"),
    SampleQuery("white shirt", "shirts", "white"),
    SampleQuery("light blue shirt", "shirts", "light blue"),
    SampleQuery("checked shirt", "shirts", None, "checked"),
    SampleQuery("beige knitted sweater", "sweaters", "beige"),
    SampleQuery("knit cardigan", "sweaters"),
    SampleQuery("denim jacket", "jackets"),
    SampleQuery("black trousers", "trousers", "black"),
    SampleQuery("sweatpants", "trousers"),
    SampleQuery("blue jeans", "jeans", "blue"),
    SampleQuery("black skinny jeans", "jeans", "black"),
    SampleQuery("summer shorts", "shorts"),
    SampleQuery("red skirt", "skirts", "red"),
    SampleQuery("black skirt", "skirts", "black"),
    SampleQuery("floral skirt", "skirts", None, "floral"),
    SampleQuery("white sneakers", "shoes", "white"),
    SampleQuery("brown leather shoes", "shoes", "brown"),
    SampleQuery("red high heels", "shoes", "red"),
    SampleQuery("black leather boots", "shoes", "black"),
    SampleQuery("brown leather handbag", "bags", "brown"),
    SampleQuery("black handbag", "bags", "black"),
    SampleQuery("red purse", "bags", "red"),
    SampleQuery("backpack", "bags"),
    SampleQuery("summer hat", "hats"),
    SampleQuery("baseball cap", "hats"),
    SampleQuery("leather belt", "belts"),
    SampleQuery("plaid scarf", "scarves"),
    SampleQuery("sunglasses", "sunglasses"),
    SampleQuery("wrist watch", "watches"),
)


def sample_queries() -> list[SampleQuery]:
    """The queries whose precision at 5 the project measures."""
    return list(_QUERIES)
