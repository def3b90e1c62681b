"""The columns of Shopify's product export by one name each: those of 2025 by what they were before."""

from collections.abc import Iterable, Mapping
from typing import Any

# New names in lower case; before 2025 the export called the same columns what stands beside them.
_BEFORE = {
    "url handle": "Handle",
    "description": "Body (HTML)",
    "published on online store": "Published",
    "sku": "Variant SKU",
    "barcode": "Variant Barcode",
    "price": "Variant Price",
    "compare-at price": "Variant Compare At Price",
    "inventory tracker": "Variant Inventory Tracker",
    "inventory quantity": "Variant Inventory Qty",
    "continue selling when out of stock": "Variant Inventory Policy",
    "product image url": "Image Src",
    "variant image url": "Variant Image",
    "charge tax": "Variant Taxable",
    "tax code": "Variant Tax Code",
    "weight value (grams)": "Variant Grams",
    "weight unit for display": "Variant Weight Unit",
    "requires shipping": "Variant Requires Shipping",
    "fulfillment service": "Variant Fulfillment Service",
    "unit price total measure": "Variant Unit Price Total Measure",
    "unit price total measure unit": "Variant Unit Price Total Measure Unit",
    "unit price base measure": "Variant Unit Price Base Measure",
    "unit price base measure unit": "Variant Unit Price Base Measure Unit",
}
# Names that changed in their case alone.
_SAME = {
    name.lower(): name
    for name in (
        "Handle", "Title", "Body (HTML)", "Vendor", "Product Category", "Type", "Tags", "Published", "Status",
        "Variant SKU", "Variant Barcode", "Variant Price", "Variant Compare At Price", "Variant Image",
        "Variant Inventory Tracker", "Variant Inventory Qty", "Variant Inventory Policy",
        "Image Src", "Image Position", "Image Alt Text", "Google Shopping / Gender",
        "Google Shopping / Google Product Category",
        *(f"Option{number} {what}" for number in (1, 2, 3) for what in ("Name", "Value", "Linked To")),
    )
}  # fmt: skip
_MARKS = frozenset({"Image Src", "Variant Price", "Option1 Name", "Variant SKU"})


def is_shopify(header: Iterable[str]) -> bool:
    """Whether the columns are those of a product export."""
    given = {column.strip().lower() for column in header}
    if "url handle" in given:  # its other new names, such as `price`, are everyone's
        return bool({"product image url", "option1 name", "compare-at price"} & given)
    return "handle" in given and bool({_SAME.get(name, name) for name in given} & _MARKS)


def by_old_names(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with its columns as the export has always called them; metafields and others as they are.

    Only an export of the new kind has new names: in an old one `Price` may be a column of the shop's own.
    """
    is_new = any(column.strip().lower() == "url handle" for column in row)
    names = {**_SAME, **_BEFORE} if is_new else _SAME
    return {names.get(column.strip().lower(), column): value for column, value in row.items()}
