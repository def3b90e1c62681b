"""ingest/feeds: folders, CSV and JSON Lines, good and bad, row by row."""

from pathlib import Path

import orjson
import pytest

from catalog.items import Item
from ingest.feeds.open_feed import open_feed
from ingest.feeds.rows import FeedUnreadable, Row
from tests.feed_reading import entries, items, write
from tests.pictures import jpeg


def test_a_csv_row_becomes_an_item(tmp_path: Path) -> None:
    header = "id,title,Category,image,Color,price,currency,in_stock,season\n"
    feed = write(
        tmp_path / "f.csv",
        header + 'A1,"A ""red"" dress, long",dresses,a.jpg|b.jpg,red,49.9,EUR,true,summer\n',
    )
    (item,) = items(feed)
    assert (item.id, item.title, item.category) == ("A1", 'A "red" dress, long', "dresses")
    assert (item.images, item.colour, item.price) == (["a.jpg", "b.jpg"], "red", 49.9)
    assert (item.in_stock, item.attributes) == (True, {"season": "summer"})


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_seen_in_the_header(tmp_path: Path, delimiter: str) -> None:
    rows = [["id", "title", "category", "image"], ["1", "t", "c", "i.jpg"]]
    feed = write(tmp_path / "f.csv", "\n".join(delimiter.join(row) for row in rows))
    assert items(feed)[0].images == ["i.jpg"]


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    feed = write(tmp_path / "f.csv", b"\xef\xbb\xbfid,title,category,image\n1,t,c,i.jpg\n")
    assert items(feed)[0].id == "1"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (b",t,c,i.jpg", "f.csv line 2: id: Field required"),
        (b"1,t,c,", "f.csv line 2: images: Field required"),
        (b"1,t,c", "f.csv line 2: has 3 cells, but the header has 4 columns [row_malformed]"),
        (b"1,t,c,i.jpg,x", "f.csv line 2: has 5 cells"),
        (b"1,t\xff,c,i.jpg", "f.csv line 2: title: is not UTF-8"),
        (b'1,"t"x,c,i.jpg', "f.csv line 2: not CSV"),
        (b"1,a\x00b,c,i.jpg", "f.csv line 2: title: holds a control character"),
    ],
)
def test_a_bad_csv_row_is_named_and_the_rest_goes_on(tmp_path: Path, row: bytes, said: str) -> None:
    feed = write(tmp_path / "f.csv", b"id,title,category,image\n" + row + b"\n2,t,c,i.jpg\n")
    bad, good = entries(feed)
    assert isinstance(bad, str)
    assert bad.startswith(said)
    assert isinstance(good, Item)
    assert good.id == "2"


@pytest.mark.parametrize("rest", ["", 't,"u",c,i.jpg\n', '4,"t\nu",c,i.jpg\n', "4,t,c\n", "x" * 200_000])
def test_a_quote_that_is_never_closed_costs_no_row_but_its_own(tmp_path: Path, rest: str) -> None:
    rows = '1,t,c,i.jpg\n2,"t,c,i.jpg\n3,t,c,i.jpg\r\n5,t,c,i.jpg\n'
    before, bad, *after = entries(write(tmp_path / "f.csv", "id,title,category,image\n" + rows + rest))[:4]
    assert isinstance(bad, str)
    assert bad.startswith("f.csv line 3: not CSV")
    assert [item.id for item in (before, *after) if isinstance(item, Item)] == ["1", "3", "5"]


def test_lines_of_a_text_in_quotes_are_no_rows_though_the_row_is_damaged(tmp_path: Path) -> None:
    row = '1,"a\nb\nc, d",c,i.jpg,one too many\n'
    (bad, good) = entries(write(tmp_path / "f.csv", f"id,title,category,image\n{row}2,t,c,i.jpg\n"))
    assert isinstance(bad, str)
    assert bad.startswith("f.csv lines 2-4: has 5 cells")
    assert isinstance(good, Item)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "f.csv: is empty"),
        (b"\xef\xbb\xbf\r\n", "f.csv: is empty"),
        (b"title,category\n", "no column `id`"),
        (b"id,id\n", "'id' more than once"),
        (b"id,t\xfftle\n", "not UTF-8"),
        ("id,title\n1,t\n".encode("utf-16-le"), "NULs; if it is UTF-16"),
        (b"id," + b",".join(b"c%d" % n for n in range(100_000)) + b"\n1\n", "100,001 columns"),
    ],
)
def test_a_csv_with_an_unusable_header_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(FeedUnreadable, match=said):
        entries(write(tmp_path / "f.csv", content))


def test_more_attributes_than_an_item_may_have_refuse_the_row(tmp_path: Path) -> None:
    columns = [f"c{n}" for n in range(300)]
    feed = write(
        tmp_path / "f.csv", "id,title,category,image," + ",".join(columns) + "\n1,t,c,i.jpg" + ",x" * 300
    )
    (bad,) = entries(feed)
    assert isinstance(bad, str)
    assert "attributes" in bad


def test_a_json_line_becomes_an_item(tmp_path: Path) -> None:
    line = {
        "id": 17,
        "title": "t",
        "category": "c",
        "images": ["a.jpg"],
        "sizes": [38, 40],
        "attributes": {"fit": "slim"},
    }
    (item,) = items(write(tmp_path / "f.jsonl", orjson.dumps(line) + b"\n\n"))
    assert (item.id, item.attributes) == ("17", {"fit": "slim", "sizes": [38, 40]})


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"{", "f.jsonl line 1: not JSON"),
        (b'{"id": NaN}', "f.jsonl line 1: not JSON"),
        (b"[1]", "f.jsonl line 1: is not an object"),
        (b'"\xff"', "f.jsonl line 1: not JSON"),
        (b'{"title": "t", "category": "c", "images": ["a"]}', "f.jsonl line 1: id: Field required"),
        (b'{"id": "1", "category": "c", "title": 7, "images": ["a"]}', "f.jsonl line 1: title: "),
        (b'{"id": "1", "title": "t", "category": "c", "images": [7]}', "f.jsonl line 1: images.0: "),
        (b'{"id": "' + b"x" * 5_000_000 + b'"}', "f.jsonl line 1: is longer than 4,000,000 bytes"),
        (b'{"id": "1", "x": ' + b"[" * 300 + b"]" * 300 + b"}", "f.jsonl line 1: has more than 200 levels"),
        (
            b'{"id": "1", "x": ' + b'{"a":' * 900 + b"1" + b"}" * 901,
            "f.jsonl line 1: has more than 200 levels",
        ),
    ],
    ids=range(10),
)
def test_a_bad_json_line_is_named_and_the_rest_goes_on(tmp_path: Path, line: bytes, said: str) -> None:
    good_line = b'{"id": "2", "title": "t", "category": "c", "images": ["a.jpg"]}'
    bad, good = entries(write(tmp_path / "f.jsonl", line + b"\n" + good_line))
    assert isinstance(bad, str)
    assert bad.startswith(said)
    assert isinstance(good, Item)


def test_the_same_field_under_two_columns_is_refused(tmp_path: Path) -> None:
    (bad,) = entries(write(tmp_path / "f.csv", "id,title,category,image,images\n1,t,c,a.jpg,b.jpg\n"))
    assert isinstance(bad, str)
    assert "images: is given twice" in bad


def test_a_folder_gives_an_item_a_picture_with_its_sub_folder_as_category(tmp_path: Path) -> None:
    for name in (
        "dresses/red_floral-dress.jpg",
        "dresses/b.PNG",
        "loose.jpg",
        "dresses/.hidden.jpg",
        "notes.txt",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(jpeg())
    found = [(item.id, item.category, item.title) for item in items(tmp_path)]
    assert found == [
        ("loose.jpg", "uncategorised", "loose"),
        ("dresses/b.PNG", "dresses", "b"),
        ("dresses/red_floral-dress.jpg", "dresses", "red floral dress"),
    ]


@pytest.mark.parametrize("name", ["missing.csv", "feed.pdf"])
def test_what_is_no_feed_is_refused(tmp_path: Path, name: str) -> None:
    if name == "feed.pdf":
        (tmp_path / name).write_bytes(b"%PDF")
    with pytest.raises(FeedUnreadable, match=name):
        open_feed(str(tmp_path / name))


def test_rows_are_read_one_by_one(tmp_path: Path) -> None:
    feed = write(tmp_path / "f.csv", "id,title,category,image\n" + "1,t,c,i.jpg\n" * 200_000)
    rows = open_feed(str(feed)).rows
    assert isinstance(next(rows), Row)
    rows.close()  # type: ignore[attr-defined]


def test_nulls_are_left_out_and_objects_become_attributes_of_their_own(tmp_path: Path) -> None:
    line = {
        "id": "1", "title": "t", "category": "c", "images": [None, "a.jpg", ""], "brand": None,
        "sizes": ["S", None],
        "attributes": {"fit": None, "cut": {"leg": "wide", "waist": None}},
        "parts": [{"of": "wool", "share": 80}, {"of": "silk", "share": 20}],
    }  # fmt: skip
    (item,) = items(write(tmp_path / "f.jsonl", orjson.dumps(line)))
    assert (item.images, item.brand) == (["a.jpg"], None)
    expected = {"sizes": ["S"], "cut.leg": "wide", "parts.of": ["wool", "silk"], "parts.share": [80, 20]}
    assert item.attributes == expected


@pytest.mark.parametrize(("given", "currency"), [("eur", "EUR"), (" € ", "EUR"), ("USD", "USD")])
def test_a_currency_of_its_own_is_a_code_or_a_sign(tmp_path: Path, given: str, currency: str) -> None:
    header = "id,title,category,image,price,currency\n"
    (item,) = items(write(tmp_path / "f.csv", f"{header}1,t,c,i.jpg,12.5,{given}\n"))
    assert (item.price, item.currency) == (12.5, currency)


@pytest.mark.parametrize(
    ("price", "amount"),
    [("1.299 €", None), ("EUR 49.900", None), ("1.299", 1.299), ("1.299 KWD", 1.299), ("0.999 EUR", 0.999),
     ("1.299,00 €", 1299), ("12.3456 EUR", 12.3456)],
)  # fmt: skip
def test_a_price_in_a_currency_that_may_be_thousands_is_refused(
    tmp_path: Path, price: str, amount: float | None
) -> None:
    (found,) = entries(write(tmp_path / "f.csv", f"id;title;category;bild;preis\n1;t;c;i.jpg;{price}\n"))
    read = found.price if isinstance(found, Item) else None
    assert read == amount
    assert amount is not None or "may be thousands or decimals" in str(found)


def test_true_is_no_price(tmp_path: Path) -> None:
    line = {"id": "1", "title": "t", "category": "c", "image": "a.jpg", "price": True}
    (found,) = entries(write(tmp_path / "f.jsonl", orjson.dumps(line)))
    assert str(found).startswith("f.jsonl line 1: price: true is not an amount")
