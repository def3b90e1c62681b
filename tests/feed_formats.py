"""The same items written as feeds of every kind: what the readers must bring back."""

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any
from xml.sax.saxutils import escape

import orjson

from catalog.items import Item

Writer = Callable[[Sequence[Item]], bytes]


def plain(item: Item) -> dict[str, Any]:
    """The fields of an item, those of its attributes beside them."""
    fields = item.model_dump(exclude={"attributes", "images"}, exclude_none=True)
    return {**fields, "images": "|".join(item.images), **item.attributes}


def as_csv(items: Sequence[Item], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    rows = [plain(item) for item in items]
    text = io.StringIO()
    columns = dict.fromkeys(name for row in rows for name in row)
    writer = csv.DictWriter(text, list(columns), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def as_tsv_in_utf16(items: Sequence[Item]) -> bytes:
    return as_csv(items, "\t", "utf-16")


def as_jsonl(items: Sequence[Item]) -> bytes:
    return b"".join(orjson.dumps(item.model_dump(), option=orjson.OPT_APPEND_NEWLINE) for item in items)


def merchant(item: Item) -> dict[str, Any]:
    availability = {None: "", True: "in_stock", False: "out of stock"}[item.in_stock]
    price = "" if item.price is None else f"{item.price:.2f} {item.currency or ''}".strip()
    return {
        "id": item.id, "title": item.title, "link": item.url or "",
        "description": escape(item.description or ""),  # which may have tags and entities
        "image_link": item.images[0], "additional_image_link": item.images[1:], "price": price,
        "availability": availability, "brand": item.brand or "", "color": item.colour or "",
        "gender": item.gender or "", **item.attributes,
    }  # fmt: skip


def as_merchant_tsv(items: Sequence[Item]) -> bytes:
    rows = [merchant(item) for item in items]
    for row in rows:
        row["additional_image_link"] = ",".join(row["additional_image_link"])
    text = io.StringIO()
    columns = dict.fromkeys(name for row in rows for name in row)
    writer = csv.DictWriter(text, list(columns), delimiter="\t")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_rss(items: Sequence[Item]) -> bytes:
    start = '<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel>'
    return xml(items, "item", start, "</channel></rss>")


def xml(items: Sequence[Item], entry: str, start: str, end: str) -> bytes:
    parts = [start]
    for item in items:
        parts.append(f"<{entry}>")
        for name, value in merchant(item).items():
            for one in value if isinstance(value, list) else [value]:
                parts.append(f"<g:{name}>{escape(str(one))}</g:{name}>")
        parts.append(f"</{entry}>\n")
    return "".join([*parts, end]).encode()


def as_atom(items: Sequence[Item]) -> bytes:
    start = '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">'
    return xml(items, "entry", start, "</feed>")


def as_shopify_csv(items: Sequence[Item]) -> bytes:
    """The rows of a product a picture each, dealt out in turns so that none stand together."""
    rows: list[list[dict[str, Any]]] = []
    for item in items:
        first = {
            "Handle": item.id, "Title": item.title, "Body (HTML)": f"<p>{escape(item.description or '')}</p>",
            "Vendor": item.brand or "", "Type": item.category, "Status": "active",
            "Google Shopping / Gender": item.gender or "",
            "Variant Price": "" if item.price is None else f"{item.price:.2f}",
            "Option1 Name": "Color" if item.colour else "", "Option1 Value": item.colour or "",
        }  # fmt: skip
        first |= {"Variant Inventory Qty": int(bool(item.in_stock)), "Variant Inventory Tracker": "shopify"}
        rows.append([
            {"Handle": item.id, "Image Src": source, "Image Position": n + 1, **(first if n == 0 else {})}
            for n, source in enumerate(item.images)
        ])  # fmt: skip
    dealt = [row for turn in range(16) for product in rows for row in product[turn : turn + 1]]
    text = io.StringIO()
    columns = ["Handle", *sorted({name for row in dealt for name in row} - {"Handle"})]
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(dealt)
    return text.getvalue().encode()


def as_shopify_jsonl(items: Sequence[Item]) -> bytes:
    """The products first, then their variants, then their pictures."""
    products, variants, pictures = [], [], []
    for n, item in enumerate(items):
        gid = f"gid://shopify/Product/{n}"
        products.append({
            "id": gid, "handle": item.id, "title": item.title, "productType": item.category,
            "vendor": item.brand or "", "descriptionHtml": f"<div>{escape(item.description or '')}</div>",
            "onlineStoreUrl": item.url, "status": "ACTIVE",
            "priceRangeV2": {"minVariantPrice": {"amount": "0", "currencyCode": item.currency or ""}},
        })  # fmt: skip
        options = [{"name": "Colour", "value": item.colour}] if item.colour else []
        price = None if item.price is None else f"{item.price:.2f}"
        variants.append({
            "id": f"gid://shopify/ProductVariant/{n}", "price": price,
            "availableForSale": item.in_stock, "selectedOptions": options, "__parentId": gid,
        })  # fmt: skip
        pictures += [{"image": {"url": source}, "__parentId": gid} for source in item.images]
    return b"\n".join(orjson.dumps(line) for line in [*products, *variants, *pictures])


WRITERS: dict[str, Writer] = {
    "csv": as_csv,
    "csv in UTF-16": as_tsv_in_utf16,
    "jsonl": as_jsonl,
    "merchant-tsv": as_merchant_tsv,
    "merchant RSS": as_rss,
    "merchant Atom": as_atom,
    "shopify-csv": as_shopify_csv,
    "shopify-jsonl": as_shopify_jsonl,
}
