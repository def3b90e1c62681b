"""The kinds of feed, and how the one that a feed is shows in its first bytes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from ingest.feeds.columns import Shape, item_fields, resolve
from ingest.feeds.csv_feed import encoding_of, header_in, read_csv
from ingest.feeds.jsonl_feed import read_jsonl
from ingest.feeds.merchant import is_merchant, merchant_fields
from ingest.feeds.rejects import is_reject, read_rejects
from ingest.feeds.rows import FeedUnreadable, Problem, Row
from ingest.feeds.shopify_columns import is_shopify
from ingest.feeds.shopify_csv import read_shopify_csv, shopify_csv_fields
from ingest.feeds.shopify_jsonl import PARENT, read_shopify_jsonl, shopify_jsonl_fields
from ingest.feeds.source import Source
from ingest.feeds.xml_feed import read_xml

_JSONL_NAMES = (".jsonl", ".ndjson")

Reader = Callable[[Source], Iterator[Row | Problem]]

# How the fields of a row become an item, by the kind that stands in the row.
SHAPES: dict[str, Shape] = {
    "csv": item_fields,
    "jsonl": item_fields,
    "merchant": merchant_fields,
    "shopify-csv": shopify_csv_fields,
    "shopify-jsonl": shopify_jsonl_fields,
}


@dataclass(frozen=True)
class Kind:
    """`shaped_as`: the shape that its rows get; None where each row says its own."""

    read: Reader
    shaped_as: str | None


KINDS = {
    "csv": Kind(read_csv, "csv"),
    "jsonl": Kind(read_jsonl, "jsonl"),
    "merchant-xml": Kind(read_xml, "merchant"),
    "merchant-tsv": Kind(read_csv, "merchant"),
    "shopify-csv": Kind(read_shopify_csv, "shopify-csv"),
    "shopify-jsonl": Kind(read_shopify_jsonl, "shopify-jsonl"),
    "rejects": Kind(read_rejects, None),
}


def kind_of(source: Source, columns: dict[str, str]) -> str:
    """The name of the feed's kind; `columns` as --map names them. Raises FeedUnreadable."""
    head = source.head.decode(encoding_of(source.head), "replace").lstrip()
    if not head:
        raise FeedUnreadable(f"{source.name}: is empty.")
    if head.startswith("<"):
        return "merchant-xml"
    # By its name only where the content tells nothing: its first line may be a damaged one.
    if head.startswith("{") or source.name.lower().removesuffix(".gz").endswith(_JSONL_NAMES):
        return _json_kind(source, head)
    if head.startswith("["):
        raise FeedUnreadable(f"{source.name}: is a JSON array; write one object a line instead.")
    header = header_in(source.head)
    if is_shopify(header):
        return "shopify-csv"
    if is_merchant(header):
        return "merchant-tsv"
    has_id = "id" in columns or "id" in resolve(tuple(header)).values()
    if not has_id and not any("\0" in column for column in header):  # of NULs the reader says more
        shown = ", ".join(header)[:200]
        raise FeedUnreadable(
            f"{source.name}: no column `id` in the header {shown!r}: name one by --map id=COLUMN, "
            "or the kind of the feed by --format."
        )
    return "csv"


def _json_kind(source: Source, head: str) -> str:
    if encoding_of(source.head) == "utf-16":
        raise FeedUnreadable(f"{source.name}: is JSON in UTF-16; save it as UTF-8.")
    for line in head.splitlines()[:20]:
        try:
            first: Any = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue  # damaged, or cut off where the head ends
        if isinstance(first, dict):
            if is_reject(first):
                return "rejects"
            if PARENT in first or str(first.get("id")).startswith("gid://shopify/"):
                return "shopify-jsonl"
            return "jsonl"
    return "shopify-jsonl" if "gid://shopify/Product" in head.partition("\n")[0] else "jsonl"
