"""Where feeds come from and how they are recognised: gzip, encodings, standard input, addresses, --map."""

import codecs
import gzip
import io
import sys
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from ingest.feeds.address import FetchLimits, seen_as
from ingest.feeds.columns import ALIASES
from ingest.feeds.kinds import KINDS
from ingest.feeds.open_feed import FeedOptions, open_feed
from ingest.feeds.rows import FeedUnreadable, Row
from tests.feed_reading import entries, items, write
from tests.feed_server import Answer, answering
from tests.processes import ROOT

CSV = b"id,title,category,image\n1,t,c,i.jpg\n2,t,c,i.jpg\n"
JSONL = b'{"id": "1", "title": "t", "category": "c", "image": "i.jpg"}\n'


def giving(content: bytes, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


@pytest.mark.parametrize("name", ["feed.csv.gz", "feed.csv", "feed"])
@pytest.mark.parametrize("content", [CSV, JSONL])
def test_gzip_is_seen_in_the_content(tmp_path: Path, name: str, content: bytes) -> None:
    assert items(write(tmp_path / name, gzip.compress(content)))[0].id == "1"


@pytest.mark.parametrize("cut", [5, 30, -4])
def test_a_gzip_that_is_cut_off_is_no_whole_feed(tmp_path: Path, cut: int) -> None:
    with pytest.raises(FeedUnreadable, match=r"feed\.gz: cannot be read"):
        entries(write(tmp_path / "feed.gz", gzip.compress(CSV)[:cut]))


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
def test_a_csv_in_utf16_is_read(tmp_path: Path, mark: bytes) -> None:
    text = CSV.decode().replace(",", "\t").replace("\tt\t", "\tÄrmel 👗\t")
    encoding = "utf-16-le" if mark == codecs.BOM_UTF16_LE else "utf-16-be"
    assert items(write(tmp_path / "f.txt", mark + text.encode(encoding)))[0].title == "Ärmel 👗"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (JSONL.decode().encode("utf-16"), "is JSON in UTF-16"),
        (b"[" + JSONL + b"]", "is a JSON array"),
        (b"%PDF-1.7 \xff\xff", "no column `id`"),
        (b"\x1f\x8bno gzip", "cannot be read"),
        (CSV.decode().encode("utf-16")[:-1], "cannot be read"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(FeedUnreadable, match=f"^feed[^ ]*: .*{said}|{said}"):
        entries(write(tmp_path / "feed", content))


def test_latin_1_refuses_its_rows_by_line_and_field(tmp_path: Path) -> None:
    bad, good = entries(write(tmp_path / "f.csv", CSV.replace(b"1,t", b"1,\xc4rmel")))
    assert bad == "f.csv line 2: title: is not UTF-8 [row_malformed]"
    assert not isinstance(good, str)


def test_a_feed_comes_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    class Drip(io.BytesIO):
        """A pipe gives what there is, not what is asked for."""

        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 7, 7))

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Drip(gzip.compress(CSV))))
    assert [item.id for item in items("-")] == ["1", "2"]


def test_columns_are_known_by_other_names(tmp_path: Path) -> None:
    header = "Article Number,Product-Name,Product type,Image URL,Availability,Preis,sku"
    feed = f"{header}\n7,Dress,dresses,i.jpg,in stock,12,S\n"
    (item,) = items(write(tmp_path / "f.csv", feed))
    assert (item.id, item.title, item.category, item.in_stock, item.price) == (
        "S", "Dress", "dresses", True, 12,
    )  # fmt: skip
    assert item.attributes == {"Article Number": "7"}


def test_a_fields_own_name_goes_before_others(tmp_path: Path) -> None:
    (item,) = items(write(tmp_path / "f.csv", "sku,id,name,title,category,image\nS1,1,n,t,c,i.jpg\n"))
    assert (item.id, item.title, item.attributes) == ("1", "t", {"sku": "S1", "name": "n"})


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_field_may_be_mapped_to_a_column(tmp_path: Path, line_end: str) -> None:
    feed = 'no,what,category,image,Price incl. VAT,price\n1,Dress,c,i.jpg,"12,00 EUR",10\n'
    options = FeedOptions(columns={"id": "no", "title": "What", "price": "Price incl. VAT"})
    (item,) = items(write(tmp_path / "f.csv", feed.replace("\n", line_end)), options)
    assert (item.id, item.title, item.price, item.currency) == ("1", "Dress", 12, "EUR")


def test_the_id_of_a_row_that_failed_is_that_of_the_mapped_column(tmp_path: Path) -> None:
    feed = write(tmp_path / "f.csv", "id,code,title,category,image,price\n7,K-7,t,c,i.jpg,cheap\n")
    (row,) = open_feed(str(feed), FeedOptions(columns={"id": "code"})).rows
    assert isinstance(row, Row)
    assert row.item_id() == "K-7"


def test_a_cell_without_a_name_refuses_its_row_and_empty_ones_do_not(tmp_path: Path) -> None:
    feed = write(tmp_path / "f.csv", "id,title,category,image,,\n1,t,c,i.jpg,,\n2,t,c,i.jpg,x,\n")
    good, bad = entries(feed)
    assert not isinstance(good, str)
    assert bad == "f.csv line 3: has a cell under a column without a name [row_malformed]"


def test_the_kind_can_be_named(tmp_path: Path) -> None:
    feed = write(tmp_path / "f.txt", "id,title,image_link,product_type\n1,t,i.jpg,Apparel > Bags\n")
    assert items(feed)[0].category == "Bags"
    assert items(feed, FeedOptions("csv"))[0].category == "Apparel > Bags"


def test_kinds_and_columns_are_documented() -> None:
    page = (ROOT / "docs" / "feeds.md").read_text(encoding="utf-8")
    assert all(f"| `{kind}` |" in page for kind in KINDS)
    for field, aliases in ALIASES.items():
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `{field}` | `{field}`")]
        assert all(f"`{alias}`" in row for alias in aliases), field


def test_a_feed_comes_from_an_address_and_its_pictures_lie_beside_it() -> None:
    with answering(giving(CSV.replace(b"2,t,c,i.jpg", b"2,t,c,/etc/passwd"))) as address:
        host = address.removesuffix("/feeds/feed.csv")
        assert [item.images for item in items(address)] == [[f"{host}/feeds/i.jpg"], [f"{host}/etc/passwd"]]


@pytest.mark.parametrize("headers", [{}, {"Content_Encoding": "gzip"}])
@pytest.mark.parametrize("times", [1, 2])
def test_a_gzipped_answer_is_unzipped(headers: dict[str, str], times: int) -> None:
    content = gzip.compress(CSV) if times == 1 else gzip.compress(gzip.compress(CSV))
    with answering(giving(content, **headers)) as address:
        assert len(items(address)) == 2


def dripping(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b"id")
        handler.wfile.flush()
        time.sleep(0.05)


def moved_on_and_on(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(302)
    handler.send_header("Location", "/feeds/feed.csv")
    handler.end_headers()


def missing(handler: BaseHTTPRequestHandler) -> None:
    handler.send_error(404)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (giving(CSV * 1000), "more than MAX_FEED_BYTES=10000 bytes"),
        (giving(CSV, Content_Length="500"), "cannot be fetched"),
        (giving(CSV, Content_Encoding="br"), "was not asked for"),
        (dripping, "took longer than FEED_TIMEOUT_S"),
        (moved_on_and_on, "cannot be fetched"),
        (missing, "the server answered 404"),
    ],
)
def test_a_hostile_answer_is_no_feed(answer: Answer, said: str) -> None:
    limits = FetchLimits(max_bytes=10_000, timeout_s=0.5)
    with answering(answer) as address, pytest.raises(FeedUnreadable, match=said):
        entries(address, FeedOptions(limits=limits))


@pytest.mark.parametrize("header", ["ETag", "Last-Modified"])
def test_an_unchanged_address_is_seen_by_its_mark(header: str) -> None:
    asked = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        mark = handler.headers.get("If-None-Match") or handler.headers.get("If-Modified-Since")
        asked.append(mark)
        handler.send_response(304 if mark else 200)
        handler.send_header(header, '"v1"' if header == "ETag" else "Mon, 02 Feb 2026 10:00:00 GMT")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with answering(answer) as address:
        first = seen_as(address, FetchLimits(), None)
        assert first is not None
        assert seen_as(address, FetchLimits(), first) == first
    assert asked == [None, first]


@pytest.mark.parametrize("times", [1, 2])
def test_a_gzip_that_unpacks_to_more_than_is_allowed_is_no_feed(tmp_path: Path, times: int) -> None:
    bomb = b"id,title,category,image\n" + b"1,t,c,i.jpg\n" * 1_000_000
    for _ in range(times):
        bomb = gzip.compress(bomb)
    feed = write(tmp_path / "bomb.csv.gz", bomb)
    assert feed.stat().st_size < 100_000
    options = FeedOptions(limits=FetchLimits(max_unpacked_bytes=1_000_000))
    taken = 0
    with pytest.raises(FeedUnreadable, match=r"^bomb\.csv\.gz: unpacks to more than MAX_FEED_UNPACKED_BYTES"):
        for _ in open_feed(str(feed), options).rows:
            taken += 1
    assert 0 < taken < 100_000, "what came before the bound was streamed"


@pytest.mark.parametrize("answer", [missing, giving(CSV, Content_Length="500"), giving(b"\x1f\x8bno gzip")])
def test_a_password_in_an_address_is_in_no_error(answer: Answer) -> None:
    with answering(answer) as address:
        location = address.replace("://", "://shop:s3cret@")
        with pytest.raises(FeedUnreadable) as caught:
            entries(location)
    assert "s3cret" not in str(caught.value)
    assert address.rpartition("/")[2] in str(caught.value)
