"""Shopify's bulk operations, JSON Lines: products, and on other lines what is below them by `__parentId`."""

from collections.abc import Iterator
from typing import Any

from ingest.feeds.columns import Fields, is_blank
from ingest.feeds.gathered import Families, Line
from ingest.feeds.jsonl_feed import read_jsonl
from ingest.feeds.rows import Problem, Row
from ingest.feeds.shopify import Product, Variant, quantity_of, require_for_sale, rows_of, tags_of, text_in
from ingest.feeds.source import Source

PARENT = "__parentId"
_PRODUCT = "gid://shopify/Product/"
_VARIANT = "gid://shopify/ProductVariant/"
_READ_APART = frozenset(
    {"id", "handle", "title", "vendor", "productType", "descriptionHtml", "description", "bodyHtml", "tags"}
    | {"status", "publishedAt", "onlineStoreUrl", "onlineStorePreviewUrl", "options", "featuredImage"}
    | {"featuredMedia", "priceRangeV2", "priceRange", "totalInventory", "tracksInventory", "category"}
    | {"productCategory", "images", "media", "variants", "seo", "createdAt", "updatedAt", PARENT}
)


def read_shopify_jsonl(source: Source) -> Iterator[Row | Problem]:
    """A row a product, once all of the feed is read: what is below one may stand anywhere.

    Gathered on disk, so that memory holds one product at a time.
    """
    with Families() as families:
        for number, row in enumerate(read_jsonl(source)):
            if isinstance(row, Problem):
                yield row
                continue
            identifier, parent = row.fields.get("id"), row.fields.get(PARENT)
            families.add(
                number,
                identifier if isinstance(identifier, str) else None,
                parent if isinstance(parent, str) else None,
                {"place": row.place, "fields": dict(row.fields)},
                is_root=str(identifier).startswith(_PRODUCT),
            )
        for lines in families:
            yield Row(_place(lines), {"rows": [line["fields"] for _, line in lines]}, kind="shopify-jsonl")
        for _, line in families.strays():
            raw = {"kind": "shopify-jsonl", "row": {"rows": [line["fields"]]}}
            yield Problem(line["place"], "row_malformed", "is neither a product nor below one", raw)


def shopify_jsonl_fields(columns: Fields) -> dict[str, Any]:
    """A product and what is below it as the arguments of Item. Raises ItemInvalid, and NotForSale."""
    rows = rows_of(columns)
    product, below = rows[0], rows[1:]
    # Null where a product is not in the online shop; absent where the query did not ask.
    is_unpublished = "publishedAt" in product and product["publishedAt"] is None
    require_for_sale(product.get("status"), "false" if is_unpublished else None)
    identifier = text_in(product, "id")
    fields = {
        "id": text_in(product, "handle") or identifier.removeprefix(_PRODUCT),
        "title": text_in(product, "title"),
        "brand": text_in(product, "vendor"),
        "url": text_in(product, "onlineStoreUrl") or text_in(product, "onlineStorePreviewUrl"),
        "currency": _currency(product),
    }
    attributes = dict(_attributes(product, below))
    attributes["shopify_id"] = identifier
    variants = [_variant(row) for row in below if _is_variant(row)]
    made = Product(fields, variants, _pictures(product, below), attributes=attributes)
    texts = (text_in(product, name) for name in ("descriptionHtml", "bodyHtml", "description"))
    made.html = next((text for text in texts if text), "")
    made.kind = text_in(product, "productType") or str(attributes.get("product_category", ""))
    return made.item_fields()


def _is_variant(row: Fields) -> bool:
    return str(row.get("id")).startswith(_VARIANT) or "selectedOptions" in row


def _variant(row: Fields) -> Variant:
    chosen = row.get("selectedOptions")
    options = {
        str(one.get("name", "")): str(one.get("value", ""))
        for one in (chosen if isinstance(chosen, list) else [])
        if isinstance(one, dict) and one.get("name") and one.get("value")
    }
    return Variant(
        options=options,
        price=_amount(row.get("price")),
        regular_price=_amount(row.get("compareAtPrice")),
        in_stock=_in_stock(row),
        sku=text_in(row, "sku"),
        barcode=text_in(row, "barcode"),
        picture=address_in(row),
    )


def _in_stock(row: Fields) -> bool | None:
    if isinstance(row.get("availableForSale"), bool):
        return bool(row["availableForSale"])
    inventory = row.get("inventoryItem")
    is_untracked = isinstance(inventory, dict) and inventory.get("tracked") is False
    if is_untracked or str(row.get("inventoryPolicy")).upper() == "CONTINUE":
        return True
    quantity = quantity_of(row.get("inventoryQuantity"))
    return None if quantity is None else quantity > 0


def _amount(value: Any) -> Any:
    """An amount of money, which newer versions of the API give as an object."""
    if isinstance(value, dict):
        return f"{value.get('amount', '')} {value.get('currencyCode', '')}".strip()
    return value


def _currency(product: Fields) -> str:
    for name in ("priceRangeV2", "priceRange"):
        lowest = product[name].get("minVariantPrice") if isinstance(product.get(name), dict) else None
        if isinstance(lowest, dict):
            return str(lowest.get("currencyCode") or "")
    return ""


def _pictures(product: Fields, below: list[dict[str, Any]]) -> list[str]:
    """The featured one, then those on lines of their own in their order; no films, no 3-D models."""
    others = [address_in(row) for row in below if not _is_variant(row)]
    return [one for one in (address_in(product), *others) if one]


def address_in(row: Fields) -> str:
    """Where a picture is, of the shapes that the API gives it; empty if the row is none."""
    for name in ("featuredImage", "featuredMedia", "image", "preview"):
        if isinstance(row.get(name), dict) and (found := address_in(row[name])):
            return found
    for name in ("url", "src", "originalSrc", "transformedSrc"):
        if isinstance(row.get(name), str) and row[name].strip():
            return str(row[name]).strip()
    return ""


def _attributes(product: Fields, below: list[dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    for name, value in product.items():
        if name not in _READ_APART and not is_blank(value) and not isinstance(value, dict):
            yield name, value
    if tags := tags_of(product.get("tags")):
        yield "tags", tags
    for name in ("category", "productCategory"):
        node = product.get(name)
        node = node.get("productTaxonomyNode", node) if isinstance(node, dict) else None
        if isinstance(node, dict) and isinstance(node.get("fullName"), str):
            yield "product_category", node["fullName"]
    for row in below:  # a metafield of the product's or of a variant's
        if isinstance(row.get("key"), str) and row["key"].strip() and isinstance(row.get("value"), str):
            yield row["key"].strip(), row["value"]


def _place(lines: list[Line]) -> str:
    place = str(lines[0][1]["place"])
    return place if len(lines) == 1 else f"{place} and {len(lines) - 1} below it"
