"""What Shopify's two exports have in common: a product and its variants as the arguments of Item."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.errors import ItemInvalid
from catalog.items import MAX_IMAGES
from ingest.feeds.amounts import price_of
from ingest.feeds.columns import NO_CATEGORY, is_blank
from ingest.feeds.html_text import text_of
from ingest.feeds.merchant import category_in
from ingest.feeds.rows import NotForSale

_COLOUR_NAMES = frozenset({"colour", "color", "colours", "colors", "farbe", "couleur"})
# What Shopify calls the one option of a product that has none.
_NO_OPTION = ("title", "default title")


@dataclass
class Variant:
    """One of the things that a product is sold as. `in_stock` is None where the export does not say."""

    options: dict[str, str] = field(default_factory=dict)
    price: Any = None
    regular_price: Any = None
    in_stock: bool | None = None
    sku: str = ""
    barcode: str = ""
    picture: str = ""


@dataclass
class Product:
    """`fields`: those that are an item's already. `pictures` in their order, without the variants'."""

    fields: dict[str, Any]
    variants: list[Variant]
    pictures: list[str]
    html: str = ""
    kind: str = ""
    """The shop's own type of product, or a path of Shopify's categories."""
    attributes: dict[str, Any] = field(default_factory=dict)

    def item_fields(self) -> dict[str, Any]:
        """Raises ItemInvalid."""
        fields = {name: value for name, value in self.fields.items() if not is_blank(value)}
        if description := text_of(self.html):
            fields["description"] = description
        fields["category"] = category_in(self.kind) if self.kind.strip() else NO_CATEGORY
        pictures = [*self.pictures, *(variant.picture for variant in self.variants)]
        fields["images"] = [one for one in dict.fromkeys(pictures) if one][:MAX_IMAGES]
        fields |= _prices(self.variants)
        stock = [variant.in_stock for variant in self.variants if variant.in_stock is not None]
        if stock:
            fields["in_stock"] = any(stock)
        options = _options(self.variants)
        if colour := next((values[0] for name, values in options.items() if is_colour(name)), None):
            fields.setdefault("colour", colour)
        lists = {
            **options,
            "sku": [variant.sku for variant in self.variants],
            "barcode": [variant.barcode for variant in self.variants],
        }
        listed = {name: found for name, values in lists.items() if (found := _each_once(values))}
        attributes = {**self.attributes, **listed}
        before = _regular_price(self.variants)
        if before is not None:
            attributes["regular_price"] = before
        return fields | ({"attributes": attributes} if attributes else {})


def rows_of(columns: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a product, of which there is one at least. Raises ItemInvalid."""
    rows = columns.get("rows")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise ItemInvalid("rows", "should be a list of the product's rows")
    return rows


def is_colour(option: str) -> bool:
    return option.strip().lower() in _COLOUR_NAMES


def require_for_sale(status: Any, published: Any = None) -> None:
    """Raise NotForSale for a draft, for what is archived, and for what is not published."""
    word = str(status or "active").strip().lower()
    if word not in ("active", "published"):
        raise NotForSale(f"has the status {word!r}")
    if str("true" if is_blank(published) else published).strip().lower() in ("false", "no", "0"):
        raise NotForSale("is not published")


def quantity_of(value: Any) -> float | None:
    """Raises ItemInvalid for what is no number."""
    if is_blank(value):
        return None
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise ItemInvalid("in_stock", f"{str(value)[:60]!r} is not a quantity") from error


def tags_of(value: Any) -> list[str]:
    """The tags of a list, or of a text with commas between."""
    parts = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    return _each_once(str(part).strip() for part in parts)


def _prices(variants: Sequence[Variant]) -> dict[str, Any]:
    """The lowest price, and its currency where it has one."""
    priced = [price_of(variant.price) for variant in variants if not is_blank(variant.price)]
    if not all(isinstance(amount, int | float) for amount, _ in priced):
        raise ItemInvalid("price", "is not an amount such as 12.00")
    if not priced:
        return {}
    amount, currency = min(priced, key=lambda one: float(one[0]))
    return {"price": amount} | ({"currency": currency} if currency else {})


def _regular_price(variants: Sequence[Variant]) -> Any:
    """The lowest of the crossed-out prices."""
    given = [one.regular_price for one in variants if not is_blank(one.regular_price)]
    amounts = [amount for amount, _ in map(price_of, given) if isinstance(amount, int | float)]
    return min((amount for amount in amounts if amount > 0), default=None)


def _options(variants: Sequence[Variant]) -> dict[str, list[str]]:
    """The values of each option, in the order of the variants."""
    found: dict[str, list[str]] = {}
    for variant in variants:
        for name, value in variant.options.items():
            if (name.lower(), value.lower()) != _NO_OPTION:
                found.setdefault(name, []).append(value)
    return found


def _each_once(values: Iterable[str]) -> list[str]:
    return [value for value in dict.fromkeys(values) if value]


def text_in(record: Mapping[str, Any], name: str) -> str:
    """The text of a field; Shopify's own are never of another type. Raises ItemInvalid."""
    value = record.get(name)
    if is_blank(value):
        return ""
    if not isinstance(value, str):
        raise ItemInvalid(name, "should be a text")
    return value.strip()
