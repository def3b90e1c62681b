"""Random catalogues in every kind of feed come back as they were; damaged ones never end in a surprise."""

import gzip
import tempfile
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.items import Item, parse_item
from ingest.feeds.kinds import KINDS
from ingest.feeds.open_feed import FeedOptions
from ingest.feeds.rows import FeedUnreadable
from tests.feed_formats import WRITERS, Writer
from tests.feed_reading import entries, items

# What XML can hold, and without the blanks at which formats part or trim.
CHARACTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Zl", "Zp", "Zs", "Cf"])
TEXT = st.text(CHARACTERS, min_size=1, max_size=20).map(str.strip).filter(bool)
PROSE = st.lists(TEXT, min_size=1, max_size=4).map(" ".join)
NAME = st.lists(TEXT.filter(lambda text: not set(text) & set(">/,;|")), min_size=1, max_size=2).map(" ".join)
ADDRESS = st.from_regex(r"https://img\.example/[a-z0-9,]{1,8}/[a-z]{3}\.jpg", fullmatch=True)
ATTRIBUTE = st.sampled_from(["size", "material", "pattern", "item_group_id", "age_group"])
MARKUP = "<>&"


@st.composite
def catalogues(draw: st.DrawFn) -> list[Item]:
    identifiers = draw(st.lists(TEXT, min_size=1, max_size=6, unique=True))
    return [draw(item(identifier)) for identifier in identifiers]


@st.composite
def item(draw: st.DrawFn, identifier: str) -> Item:
    optional = {
        "description": PROSE, "brand": NAME, "colour": NAME, "gender": st.sampled_from(["women", "men"]),
        "in_stock": st.booleans(), "url": ADDRESS,
        "price": st.integers(0, 1_000_000).map(lambda cents: cents / 100),
    }  # fmt: skip
    fields = {name: draw(values) for name, values in optional.items() if draw(st.booleans())}
    if "price" in fields and draw(st.booleans()):
        fields["currency"] = draw(st.sampled_from(["EUR", "USD", "SEK"]))
    images = draw(st.lists(ADDRESS, min_size=1, max_size=4, unique=True))
    attributes = draw(st.dictionaries(ATTRIBUTE, PROSE, max_size=3))
    return parse_item({"id": identifier, "title": draw(PROSE), "category": "dresses", "images": images,
                       "attributes": attributes, **fields})  # fmt: skip


def comparable(item: Item, kind: str) -> Item:
    """The item less what a kind of feed cannot say."""
    drop: dict[str, object] = {}
    if kind.startswith("merchant"):
        drop = {"category": "uncategorised"}
        if item.price is None:
            drop["currency"] = None
    if kind == "shopify-csv":
        drop = {"attributes": {}, "currency": None, "url": None, "in_stock": bool(item.in_stock)}
    if kind == "shopify-jsonl":
        drop = {"attributes": {}, "gender": None}
    return item.model_copy(update=drop)


@pytest.mark.parametrize(("kind", "write"), WRITERS.items(), ids=WRITERS)
@settings(max_examples=40, deadline=None)
@given(catalogue=catalogues(), zipped=st.booleans())
def test_a_catalogue_comes_back_as_it_was(
    kind: str, write: Writer, catalogue: list[Item], zipped: bool
) -> None:
    content = write(catalogue)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "feed"
        path.write_bytes(gzip.compress(content) if zipped else content)
        found = [one.model_copy(update={"attributes": attributes_of(one, kind)}) for one in items(path)]
    assert found == [comparable(one, kind) for one in catalogue]


def attributes_of(item: Item, kind: str) -> dict[str, object]:
    """Those that the reader adds itself are tested elsewhere."""
    return {} if kind.startswith("shopify") else dict(item.attributes)


CATALOGUE = [
    parse_item({"id": f"A{n}", "title": f"Dress “{n}”", "category": "dresses", "images": [f"https://i.example/{n}.jpg"],
                "price": n, "colour": "red", "description": "a, b\n\"c\"", "in_stock": True})
    for n in range(4)
]  # fmt: skip


PIECES = [
    b'"',
    b"\n",
    b"\r",
    b"\0",
    b"<",
    b"]]>",
    b"&",
    b"{",
    b"\xff\xfe",
    b"\x1f\x8b",
    b"null",
    b"1e999",
    b"[]",
]
PIECES += [b"{}", b"<item>", b"<!DOCTYPE a [", b'{"a":' * 300]


@st.composite
def damage(draw: st.DrawFn, content: bytes) -> bytes:
    """Bytes changed, removed, doubled or put in, anywhere."""
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.integers(0, 40)))
        new = draw(st.binary(max_size=12) | st.sampled_from([*PIECES, content[start:end] * 3]))
        content = content[:start] + new + content[end:]
    return content


@pytest.mark.parametrize(("kind", "write"), WRITERS.items(), ids=WRITERS)
@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "gzip"])
@settings(max_examples=60, deadline=10_000)
@given(drawn=st.data())
def test_a_damaged_feed_is_read_or_refused_in_words(
    kind: str, write: Writer, zipped: bool, drawn: st.DataObject
) -> None:
    content = write(CATALOGUE)
    damaged = drawn.draw(damage(gzip.compress(content, mtime=0) if zipped else content))
    read_or_refuse(damaged, None)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=100, deadline=10_000)
@given(
    content=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode("utf-8")))
)
def test_anything_at_all_is_read_or_refused_in_words(kind: str, content: bytes) -> None:
    read_or_refuse(content, kind)


NAMES = """rows id title Handle Title url src image price selectedOptions name value tags Image_Src
Image_Position Variant_Price Variant_Inventory_Qty Option1_Name Option1_Value product_detail attribute_name
image_link additional_image_link key attributes Status priceRangeV2 minVariantPrice category images
availability handle __parentId featuredImage"""
COLUMNS = [name.replace("_", " ") if name[0].isupper() else name for name in NAMES.split()]
TEXTS = ["", "x", "1.00", "gid://shopify/Product/1", "gid://shopify/ProductVariant/1", "true", "Color"]
JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers(-9, 9) | st.sampled_from(TEXTS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [name.replace("_", " ") if name[0].isupper() else name for name in NAMES.split()]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(["csv", "jsonl", "merchant", "shopify-csv", "shopify-jsonl", "nonsense", 7]),
    row=JSON, text=JSON, header=JSON,
)  # fmt: skip
def test_rejects_mended_badly_are_rejects_again(
    kind: object, row: object, text: object, header: object
) -> None:
    line = {"rejected": {}, "kind": kind, "row": row, "text": text, "header": header, "delimiter": ","}
    (entry,) = read_or_refuse(orjson.dumps(line), None)
    assert entry


@settings(max_examples=200, deadline=None)
@given(lines=st.lists(JSON, max_size=6))
def test_json_of_any_shape_is_read_or_refused_in_words(lines: list[object]) -> None:
    content = b"\n".join(orjson.dumps(line) for line in lines)
    for kind in ("jsonl", "shopify-jsonl", "rejects"):
        read_or_refuse(content, kind)


def read_or_refuse(content: bytes, kind: str | None) -> list[Item | str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "feed"
        path.write_bytes(content)
        try:
            return entries(path, FeedOptions(kind))
        except FeedUnreadable as error:
            return [str(error)]
