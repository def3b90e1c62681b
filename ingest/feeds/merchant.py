"""Google Merchant products: what their fields become. Variants stay items of their own."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ingest.feeds.columns import NO_CATEGORY, Fields, flat, is_blank, spelling
from ingest.feeds.html_text import text_of

# Of Google's fields, those that an item has under another name.
_NAMES = {
    "id": "id", "title": "title", "description": "description", "link": "url", "brand": "brand",
    "color": "colour", "colour": "colour", "gender": "gender", "availability": "in_stock",
}  # fmt: skip
_READ_APART = {"image_link", "additional_image_link", "price", "sale_price", "product_detail"}
# Tags and entities, which Google lets a description have.
_HTML = re.compile(r"</?[A-Za-z][^<>]*>|&#?\w+;")
# Levels of a path that say for whom a shop is rather than what a product is.
_GENERAL = frozenset(
    "home shop all apparel fashion clothing clothes women men kids girls boys unisex baby womens mens adults"
    " womenswear menswear kidswear bekleidung damen herren kinder mode".split()
) | {"apparel & accessories", "all products", "women's", "men's", "clothing & accessories"}


def merchant_fields(columns: Fields) -> dict[str, Any]:
    """A product as the arguments of Item, their values not yet read."""
    given = {_name(column): value for column, value in columns.items() if not is_blank(value)}
    fields = {_NAMES[name]: _one(value) for name, value in given.items() if name in _NAMES}
    if isinstance(text := fields.get("description"), str) and _HTML.search(text):
        fields["description"] = text_of(text)
    fields["images"] = pictures(given)
    fields["category"] = category_of(given)
    attributes = dict(_attributes(given))
    fields |= _prices(given, attributes)
    return fields | ({"attributes": attributes} if attributes else {})


def is_merchant(header: Iterable[str]) -> bool:
    """Whether the columns are those of a Merchant feed."""
    names = {_name(column) for column in header}
    return "image_link" in names and {"id", "title"} <= names


def pictures(given: Fields) -> list[Any]:
    """The picture and then the others, each once."""
    given_ = [given.get("image_link"), *_addresses(given.get("additional_image_link"))]
    found = [_one(value) for value in given_ if not is_blank(value)]
    texts = dict.fromkeys(one for one in found if isinstance(one, str))
    return [*texts, *(one for one in found if not isinstance(one, str))]  # which is refused as a picture


def category_of(given: Fields) -> str:
    """The first level of the product's path that says what it is: "Dresses" of Apparel > Dresses > Midi."""
    for name in ("product_type", "google_product_category"):
        path = str(_one(given.get(name, "")))
        if path and not path.isdecimal():  # else a number in Google's list
            return category_in(path)
    return NO_CATEGORY


def category_in(path: str) -> str:
    levels = [level.strip() for level in re.split(r"[>/]", path) if level.strip()]
    return next((level for level in levels if level.lower() not in _GENERAL), (levels or [NO_CATEGORY])[-1])


def _name(column: str) -> str:
    return spelling(column).removeprefix("g:")


def _one(value: Any) -> Any:
    """The first of a field that is given several times, where an item has room for one."""
    return value[0] if isinstance(value, list) and value else value


def _addresses(value: Any) -> list[Any]:
    """Several addresses in a cell are parted by commas, which may stand in an address as well."""
    if not isinstance(value, str):
        return value if isinstance(value, list) else []
    parts = re.split(r",(?=\s*https?://)", value) if "://" in value else value.split(",")
    return [part.strip().rstrip(",") for part in parts]


def _prices(given: Fields, attributes: dict[str, Any]) -> dict[str, Any]:
    """The price to pay: the reduced one, unless it holds for a time only, which an index does not watch."""
    price, sale = _one(given.get("price")), _one(given.get("sale_price"))
    if price is None and sale is None:
        return {}
    if sale is None or "sale_price_effective_date" in given:
        if sale is not None:
            attributes["sale_price"] = sale
        return {"price": price}
    if price is not None:
        attributes["regular_price"] = price
    return {"price": sale}


def _attributes(given: Fields) -> Iterable[tuple[str, Any]]:
    for name, value in given.items():
        if name not in _NAMES and name not in _READ_APART:
            yield from ((part, _alone(one)) for part, one in flat(name, value))
    details = given.get("product_detail", [])
    for detail in details if isinstance(details, list) else [details]:
        if isinstance(detail, Mapping) and detail.get("attribute_name"):
            yield str(detail["attribute_name"]), detail.get("attribute_value", "")
        elif isinstance(detail, str):
            yield "product_detail", detail


def _alone(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value
