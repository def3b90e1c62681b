"""Google Merchant feeds: RSS, Atom and TSV, and XML that means harm."""

from pathlib import Path

import pytest

from catalog.errors import ItemInvalid
from catalog.items import Item
from ingest.feeds.merchant import category_in, merchant_fields
from ingest.feeds.rows import FeedUnreadable, Row
from tests.feed_reading import entries, items, write

PRODUCT = """
<g:id>K-100</g:id><title>Kelvane midi dress</title><g:title>Kelvane wrap midi dress</g:title>
<description>Soft &amp; light</description><link>https://shop.example/p/k-100</link>
<g:image_link>https://img.example/a,1.jpg</g:image_link>
<g:additional_image_link>https://img.example/b.jpg</g:additional_image_link>
<g:additional_image_link>https://img.example/c.jpg</g:additional_image_link>
<g:price>80,00 EUR</g:price><g:sale_price>59.00 EUR</g:sale_price><g:availability>in_stock</g:availability>
<g:brand>Kelvane</g:brand><g:color>red</g:color><g:gender>female</g:gender>
<g:product_type>Apparel &gt; Dresses &gt; Midi</g:product_type><g:item_group_id>K</g:item_group_id>
<g:size>M</g:size><g:material>viscose</g:material>
<g:shipping><g:country>DE</g:country><g:price>4.90 EUR</g:price></g:shipping>
<g:product_detail><g:attribute_name>neckline</g:attribute_name><g:attribute_value>V</g:attribute_value></g:product_detail>
"""
RSS = f"""<?xml version="1.0"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>
<item>{PRODUCT}</item><item>{PRODUCT.replace("K-100", "K-101")}</item></channel></rss>"""
FOR_ATOM = (
    PRODUCT.replace("description>", "summary>").replace("<link>", '<link href="').replace("</link>", '"/>')
)
ATOM = f"""<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0"><title>Shop</title>
<entry>{FOR_ATOM}
<id>tag:shop.example</id></entry></feed>"""
EXPECTED = Item(
    id="K-100",
    title="Kelvane wrap midi dress",
    category="Dresses",
    description="Soft & light",
    images=["https://img.example/a,1.jpg", "https://img.example/b.jpg", "https://img.example/c.jpg"],
    brand="Kelvane",
    colour="red",
    gender="female",
    price=59.0,
    currency="EUR",
    in_stock=True,
    url="https://shop.example/p/k-100",
    attributes={
        "regular_price": "80,00 EUR",
        "product_type": "Apparel > Dresses > Midi",
        "item_group_id": "K",
        "size": "M",
        "material": "viscose",
        "shipping.country": "DE",
        "shipping.price": "4.90 EUR",
        "neckline": "V",
    },
)


def test_a_product_in_rss_becomes_an_item_and_variants_stay_items_of_their_own(tmp_path: Path) -> None:
    first, second = items(write(tmp_path / "feed.xml", RSS))
    assert first == EXPECTED
    assert (second.id, second.attributes["item_group_id"]) == ("K-101", "K")


def test_a_product_in_atom_is_the_same_item(tmp_path: Path) -> None:
    assert items(write(tmp_path / "feed", ATOM)) == [EXPECTED]


def test_a_product_in_tsv_is_the_same_item(tmp_path: Path) -> None:
    cells = {
        "id": "K-100",
        "title": "Kelvane wrap midi dress",
        "description": "Soft & light",
        "link": "https://shop.example/p/k-100",
        "image link": "https://img.example/a,1.jpg",
        "additional image link": "https://img.example/b.jpg,https://img.example/c.jpg",
        "price": "EUR 80.00",
        "sale price": "59,00 EUR",
        "availability": "in stock",
        "brand": "Kelvane",
        "color": "red",
        "gender": "female",
        "product type": "Apparel > Dresses > Midi",
        "item group id": "K",
        "size": "M",
        "material": "viscose",
    }
    (item,) = items(write(tmp_path / "feed.txt", "\t".join(cells) + "\n" + "\t".join(cells.values()) + "\n"))
    kept = {name: value for name, value in EXPECTED.attributes.items() if name in item.attributes}
    assert item == EXPECTED.model_copy(update={"attributes": {**kept, "regular_price": "EUR 80.00"}})


@pytest.mark.parametrize(
    ("word", "in_stock", "kept"),
    [
        ("in stock", True, None),
        ("in_stock", True, None),
        ("Out of Stock", False, None),
        ("preorder", False, "preorder"),
        ("backorder", False, "backorder"),
    ],
)
def test_availability_is_the_stock(tmp_path: Path, word: str, in_stock: bool, kept: str | None) -> None:
    feed = f"id\ttitle\timage_link\tavailability\n1\tt\ti.jpg\t{word}\n"
    (item,) = items(write(tmp_path / "f.tsv", feed))
    assert (item.in_stock, item.attributes.get("availability")) == (in_stock, kept)


def test_a_price_for_a_time_only_leaves_the_regular_one(tmp_path: Path) -> None:
    header = "id\ttitle\timage_link\tprice\tsale_price\tsale_price_effective_date"
    feed = f"{header}\n1\tt\ti.jpg\t80 EUR\t60 EUR\t2030\n"
    (item,) = items(write(tmp_path / "f.tsv", feed))
    assert (item.price, item.attributes["sale_price"]) == (80, "60 EUR")


@pytest.mark.parametrize(
    ("path", "category"),
    [
        ("Apparel > Dresses > Midi", "Dresses"),
        ("Women > Clothing > Dresses > Midi", "Dresses"),
        ("Bags", "Bags"),
        ("Home > Women", "Women"),
        (" > ", "uncategorised"),
    ],
)
def test_the_category_is_the_first_level_that_says_what_it_is(path: str, category: str) -> None:
    assert category_in(path) == category


@pytest.mark.parametrize("picture", [[], {}, [[]], [7]])
def test_a_picture_of_another_type_is_refused(picture: object) -> None:
    row = {"id": "1", "title": "t", "image_link": picture, "additional_image_link": [picture, "c.jpg"]}
    with pytest.raises(ItemInvalid, match=r"images\.1: Input should be a valid string"):
        Row("place", row, merchant_fields).to_item()


def test_of_a_picture_that_is_given_several_times_the_first_counts() -> None:
    row = {
        "id": "1",
        "title": "t",
        "image_link": ["a.jpg", "b.jpg"],
        "additional_image_link": ["a.jpg", "c.jpg"],
    }
    assert Row("place", row, merchant_fields).to_item().images == ["a.jpg", "c.jpg"]


def test_a_bad_product_is_named_by_its_number_and_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    feed = RSS.replace("<g:price>80,00 EUR</g:price><g:sale_price>59.00 EUR", "<g:sale_price>cheap", 1)
    bad, good = entries(write(tmp_path / "f.xml", feed))
    assert isinstance(bad, str) and bad.startswith("f.xml item 1, line 3: price: 'cheap' is not an amount")
    assert isinstance(good, Item)


def test_what_is_not_well_formed_says_where_and_what_came_before_is_taken(tmp_path: Path) -> None:
    feed = write(tmp_path / "f.xml", RSS.replace("K-101</g:id>", "K-101</g:di>"))
    with pytest.raises(FeedUnreadable, match=r"f.xml: after item 1: is not well-formed XML, line 16: "):
        entries(feed)


def test_a_feed_that_does_not_declare_its_prefix_is_refused_in_words(tmp_path: Path) -> None:
    undeclared = RSS.replace(' xmlns:g="http://base.google.com/ns/1.0"', "")
    with pytest.raises(FeedUnreadable, match="line 4: Namespace prefix g on id is not defined"):
        entries(write(tmp_path / "f.xml", undeclared))


BILLION = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    "dtd",
    [
        f'<!DOCTYPE rss [<!ENTITY l0 "ha">{BILLION}]>',
        '<!DOCTYPE rss [<!ENTITY secret SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/evil.dtd">',
        '<!DOCTYPE rss [<!ENTITY % more SYSTEM "http://127.0.0.1:9/evil.dtd"> %more;]>',
        "<!DOCTYPE rss [" + "<!-- -->" * 20_000 + '<!ENTITY secret SYSTEM "file:///etc/hostname">]>',
    ],
    ids=["billion laughs", "external entity", "external DTD", "parameter entity", "far away"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_feed_with_entities_of_its_own_is_refused(tmp_path: Path, dtd: str, encoding: str) -> None:
    text = RSS.replace('<?xml version="1.0"?>', dtd).replace("Soft", "&l11; &secret;")
    with pytest.raises(FeedUnreadable, match=r"f\.xml: (has a DTD|no XML element|is not well-formed)"):
        entries(write(tmp_path / "f.xml", text.encode(encoding)))


@pytest.mark.parametrize("text", ["<html><body>404</body></html>", "<", "<rss>", "<a/>"])
def test_xml_that_is_no_feed_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(FeedUnreadable, match=r"^f\.xml: "):
        entries(write(tmp_path / "f.xml", text))


def test_a_description_in_html_is_the_text_that_a_reader_sees() -> None:
    fields = {
        "id": "1",
        "title": "Less < more",
        "description": "<p>Wool &amp; <b>silk</b></p>",
        "image_link": "a",
    }
    assert merchant_fields(fields)["description"] == "Wool & silk"
    assert merchant_fields({**fields, "description": "1 < 2 & 3 > 2"})["description"] == "1 < 2 & 3 > 2"
