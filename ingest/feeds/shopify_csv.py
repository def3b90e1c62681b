"""Shopify's product export, a CSV: the rows of a handle are one product, its variants and its pictures."""

from collections.abc import Iterator
from typing import Any

from ingest.feeds.columns import Fields, is_blank
from ingest.feeds.csv_feed import read_csv
from ingest.feeds.gathered import Groups, Line
from ingest.feeds.rows import Problem, Row
from ingest.feeds.shopify import Product, Variant, quantity_of, require_for_sale, rows_of, tags_of, text_in
from ingest.feeds.shopify_columns import by_old_names
from ingest.feeds.source import Source

# Columns that are read apart, or that are the shop's own business: what an item costs the shop above all.
_NO_ATTRIBUTES = (
    "handle", "title", "body (html)", "vendor", "type", "tags", "published", "status", "image ", "variant ",
    "option", "gift card", "seo ", "cost per item", "included / ", "price / ", "compare at price / ",
    "google shopping / ",
)  # fmt: skip
_OF_A_VARIANT = ("Variant Price", "Variant SKU", "Variant Barcode", "Variant Inventory Qty")
_GENDER, _GOOGLE_CATEGORY = "Google Shopping / Gender", "Google Shopping / Google Product Category"


def read_shopify_csv(source: Source) -> Iterator[Row | Problem]:
    """A row a product, once all of the feed is read: rows of one handle need not stand together.

    Gathered on disk, so that memory holds one product at a time.
    """
    with Groups() as groups:
        for number, row in enumerate(read_csv(source)):
            if isinstance(row, Problem):
                yield row
                continue
            handle = str(by_old_names(row.fields).get("Handle") or "").strip()
            if not handle:
                raw = {"kind": "shopify-csv", "row": {"rows": [dict(row.fields)]}}
                yield Problem(row.place, "row_malformed", "Handle (URL handle): is empty", raw)
                continue
            groups.add(handle, number, {"place": row.place, "fields": dict(row.fields)})
        for lines in groups:
            yield Row(_place(lines), {"rows": [line["fields"] for _, line in lines]}, kind="shopify-csv")


def shopify_csv_fields(columns: Fields) -> dict[str, Any]:
    """The rows of a product as the arguments of Item. Raises ItemInvalid, and NotForSale."""
    rows = [by_old_names(row) for row in rows_of(columns)]
    whole = _product_columns(rows)
    require_for_sale(whole.get("Status"), whole.get("Published"))
    attributes = {
        name.strip(): value
        for name, value in whole.items()
        if not name.strip().lower().startswith(_NO_ATTRIBUTES) and name.strip() != "Product Category"
    }
    if tags := tags_of(whole.get("Tags")):
        attributes["tags"] = tags
    if path := whole.get("Product Category") or whole.get(_GOOGLE_CATEGORY):
        attributes["product_category"] = path
    fields = {
        "id": whole.get("Handle"), "title": whole.get("Title"), "brand": whole.get("Vendor"),
        "gender": whole.get(_GENDER),
    }  # fmt: skip
    product = Product(fields, _variants(rows), _pictures(rows), attributes=attributes)
    product.html = text_in(whole, "Body (HTML)")
    product.kind = text_in(whole, "Type") or text_in(whole, "Product Category")
    return product.item_fields()


def _product_columns(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What the rows say of the product as a whole: the first row that says something counts."""
    found: dict[str, Any] = {}
    for row in rows:
        for name, value in row.items():
            if not is_blank(value):
                found.setdefault(name.strip(), value)
    return found


def _variants(rows: list[dict[str, Any]]) -> list[Variant]:
    """A row with a price, stock, an option's value or a code is a variant; others hold more pictures."""
    names = [_product_columns(rows).get(f"Option{n} Name", "") for n in (1, 2, 3)]
    found = []
    for row in rows:
        values = [text_in(row, f"Option{n} Value") for n in (1, 2, 3)]
        if any(values) or not all(is_blank(row.get(name)) for name in _OF_A_VARIANT):
            options = {str(name): value for name, value in zip(names, values, strict=True) if name and value}
            found.append(_variant(row, options))
    return found


def _variant(row: dict[str, Any], options: dict[str, str]) -> Variant:
    return Variant(
        options=options,
        price=row.get("Variant Price"),
        regular_price=row.get("Variant Compare At Price"),
        in_stock=_in_stock(row),
        sku=text_in(row, "Variant SKU").lstrip("'"),  # how the export keeps spreadsheets from counting
        barcode=text_in(row, "Variant Barcode").lstrip("'"),
        picture=text_in(row, "Variant Image"),
    )


def _in_stock(row: dict[str, Any]) -> bool | None:
    """Some are there, or it may be sold without; None if the export says nothing of the stock."""
    if "Variant Inventory Qty" not in row:
        return None
    quantity = quantity_of(row["Variant Inventory Qty"])
    is_tracked = "Variant Inventory Tracker" not in row or text_in(row, "Variant Inventory Tracker") != ""
    if not is_tracked or text_in(row, "Variant Inventory Policy").lower() == "continue":
        return True
    return None if quantity is None else quantity > 0


def _pictures(rows: list[dict[str, Any]]) -> list[str]:
    """By position; those without one keep their place in the feed behind them."""
    placed = []
    for number, row in enumerate(rows):
        if source := text_in(row, "Image Src"):
            position = text_in(row, "Image Position")
            placed.append((int(position) if position.isdecimal() else len(rows) + 1000, number, source))
    return [source for _, _, source in sorted(placed)]


def _place(lines: list[Line]) -> str:
    """`products.csv lines 2-5`, or the places one by one if they do not stand together."""
    places = [str(line["place"]) for _, line in lines]
    numbers = [number for number, _ in lines]
    if len(places) == 1:
        return places[0]
    if numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{places[0]} to {places[-1].rpartition(' ')[2]}"
    return f"{places[0]} and {len(places) - 1} more, the last {places[-1].rpartition(' ')[2]}"
