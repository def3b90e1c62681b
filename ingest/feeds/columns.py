"""How the columns of a plain feed become the fields of an item: the table in docs/feeds.md."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from catalog.errors import ItemInvalid
from catalog.items import Item
from ingest.feeds.amounts import LATER, currency_of, price_of, stock_of, stock_word

Fields = Mapping[str, Any]
# From the row as the feed has it to the arguments of Item, their values not yet read. Raises ItemInvalid.
Shape = Callable[[Fields], dict[str, Any]]

NO_CATEGORY = "uncategorised"
IMAGE_SEPARATOR = "|"
_LEVELS = 8

# The fields' own names and their twins; two of one field in a row are a mistake.
COLUMNS = {
    **{name: name for name in Item.model_fields if name != "attributes"},
    "image": "images",
    "color": "colour",
}
# What --map alone takes from a column: how new the row is, beside what is pushed. A column of that name may
# be anything.
VERSION = "version"
# What other programs call them: the first that is there counts, and only where no column above is.
ALIASES = {
    "id": ("sku", "article_number", "article_no", "item_number", "item_no", "product_id", "item_id",
           "product_code", "artikelnummer", "artikel_nr"),
    "title": ("name", "product_name", "product_title", "item_name", "produktname", "artikelbezeichnung"),
    "category": ("product_category", "category_name", "product_type", "kategorie"),
    "images": ("image_url", "image_urls", "image_link", "picture", "pictures", "picture_url", "photo",
               "bild", "bilder", "bild_url"),
    "description": ("product_description", "long_description", "beschreibung"),
    "brand": ("brand_name", "vendor", "manufacturer", "marke"),
    "colour": ("colour_name", "color_name", "farbe"),
    "gender": ("sex", "geschlecht"),
    "price": ("unit_price", "price_incl_vat", "preis"),
    "currency": ("currency_code", "währung", "waehrung"),
    "in_stock": ("availability", "stock_status", "verfügbarkeit", "verfuegbarkeit"),
    "url": ("link", "product_url", "product_link"),
}  # fmt: skip


def item_fields(columns: Fields) -> dict[str, Any]:
    """Columns of a plain row by the fields that they give; empty cells are absent. Raises ItemInvalid."""
    fields: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    names = _names(tuple(columns))
    for (column, value), (name, attribute) in zip(columns.items(), names, strict=True):
        if is_blank(value):
            continue
        if name is not None:
            if name in fields:
                raise ItemInvalid(name, f"is given twice, the second time as the column {column!r}")
            fields[name] = value
        elif attribute.lower() == "attributes":
            if not isinstance(value, Mapping):
                raise ItemInvalid("attributes", "should be an object")
            attributes |= {part: one for name, each in value.items() for part, one in flat(name, each)}
        elif isinstance(value, str):
            attributes[attribute] = value
        else:
            attributes |= flat(attribute, value)
    if "images" in fields:
        fields["images"] = _images(fields["images"])
    return fields | ({"attributes": attributes} if attributes else {})


def with_values_read(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields with prices, stock and ids read from what a shop writes. Raises ItemInvalid."""
    read = dict(fields)
    if isinstance(read.get("id"), int) and not isinstance(read["id"], bool):
        read["id"] = str(read["id"])  # JSON feeds often have numbers for ids
    if "price" in read:
        read["price"], currency = price_of(read["price"])
        if currency:
            read.setdefault("currency", currency)
    if isinstance(read.get("currency"), str):
        read["currency"] = currency_of(read["currency"])
    if isinstance(stock := read.get("in_stock"), str):
        read["in_stock"] = stock_of(stock)
        if (word := stock_word(stock)) in LATER:
            read["attributes"] = {"availability": word, **read.get("attributes", {})}
    return read


@lru_cache(maxsize=64)
def _names(columns: tuple[str, ...]) -> tuple[tuple[str | None, str], ...]:
    """Of each column the field that it gives, if it gives one, and the attribute that it is otherwise."""
    resolved = resolve(columns)
    return tuple((resolved.get(column), column.strip()) for column in columns)


@lru_cache(maxsize=64)
def resolve(columns: tuple[str, ...]) -> dict[str, str]:
    """The field that each column gives, of those that give one."""
    fields = {
        column: COLUMNS[column.strip().lower()] for column in columns if column.strip().lower() in COLUMNS
    }
    by_name = {spelling(column): column for column in reversed(columns)}
    for field, aliases in ALIASES.items():
        if field not in fields.values():
            alias = next((name for name in aliases if by_name.get(name, None) not in (None, *fields)), None)
            if alias is not None:
                fields[by_name[alias]] = field
    return fields


def spelling(column: str) -> str:
    """A column's name without regard to case, and to how its words are parted."""
    return re.sub(r"[\s_-]+", "_", column.strip().lower())


def field_called(name: str) -> str:
    """The field of an item that somebody means. Raises ValueError, which names them all."""
    known = COLUMNS | {VERSION: VERSION}
    if field := known.get(name.strip().lower()):
        return field
    raise ValueError(f"{name!r} is none of the fields {', '.join(sorted(set(known.values())))}")


def is_blank(value: Any) -> bool:
    return (not value or value.isspace()) if isinstance(value, str) else value is None


def flat(name: str, value: Any, levels: int = _LEVELS) -> list[tuple[str, Any]]:
    """A value as attributes, nothing where it is blank: one that has fields of its own, or is a list of such,
    becomes several, named `shipping.price`. What has more levels stays as it is, and is no attribute."""
    if isinstance(value, Mapping) and levels:
        return [pair for part, one in value.items() for pair in flat(f"{name}.{part}", one, levels - 1)]
    if not isinstance(value, list):
        return [] if is_blank(value) else [(name, value)]
    given = [one for one in value if not is_blank(one)]
    plain = [one for one in given if not (isinstance(one, Mapping) and levels)]
    nested: dict[str, list[Any]] = {}
    for one in given:
        for part, each in flat(name, one, levels) if isinstance(one, Mapping) and levels else ():
            nested.setdefault(part, []).append(each)
    found = [(name, plain)] if plain else []
    return [*found, *nested.items()]


def mapped(shape: Shape, columns: Mapping[str, str]) -> Shape:
    """`shape`, with the fields named in `columns` taken from the columns that it names instead."""
    wanted = {spelling(column): field for field, column in columns.items()}

    def shaped(fields: Fields) -> dict[str, Any]:
        records = fields["rows"] if isinstance(fields.get("rows"), list) else [fields]
        given: dict[str, Any] = {}
        for record in records:
            for column, value in record.items():
                if (field := wanted.get(spelling(column))) and not is_blank(value):
                    given.setdefault(field, value)
        left = [{c: v for c, v in record.items() if spelling(c) not in wanted} for record in records]
        rest = shape({"rows": left} if "rows" in fields else left[0])
        if "images" in given:
            given["images"] = _images(given["images"])
        return {**rest, **given}

    return shaped


def _images(value: Any) -> Any:
    if isinstance(value, str):
        return [part.strip() for part in value.split(IMAGE_SEPARATOR) if part.strip()]
    return [one for one in value if not is_blank(one)] if isinstance(value, list) else value
