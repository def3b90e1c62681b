"""ingest/feeds/rejects.py: what failed is kept as it stood, and comes back once it is mended."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from catalog.errors import ItemInvalid
from catalog.items import Item
from ingest.feeds.open_feed import FeedOptions, open_feed
from ingest.feeds.rejects import RejectsFile, RejectsRefused
from ingest.feeds.rows import Problem
from tests.feed_reading import entries, items, write

GOOD = Item(id="1", title="Dress, red", category="dresses", images=["i.jpg"])
HEADER = b"id;title;category;image;price\n"


def problems(feed: Path, options: FeedOptions) -> Iterator[Problem]:
    for row in open_feed(str(feed), options).rows:
        if isinstance(row, Problem):
            yield row
            continue
        try:
            row.to_item()
        except ItemInvalid as error:
            yield Problem.of(row.place, error, row)


def rejected(feed: Path, options: FeedOptions | None = None) -> Path:
    """The rejects file of a feed."""
    path = feed.parent / "rejects.jsonl"
    RejectsFile(path).add(list(problems(feed, options or FeedOptions())))
    return path


def mend(rejects: Path, old: str, new: str) -> Path:
    text = rejects.read_text(encoding="utf-8")
    assert old in text, text
    rejects.write_text(text.replace(old, new), encoding="utf-8")
    return rejects


@pytest.mark.parametrize(
    ("content", "old", "new"),
    [
        (HEADER + b"1;Dress, red;dresses;i.jpg;cheap\n", "cheap", ""),
        (HEADER + b"1;Dress, red;dresses;i.jpg\n", "i.jpg\\n", "i.jpg;"),
        (HEADER + b"1;Dress, red;dresses;i.jpg;;;\n", ";;;", ";"),
        (
            HEADER + b'1;Dress, "red";"dres"ses;i.jpg;\n',
            'Dress, \\"red\\";\\"dres\\"ses',
            "Dress, red;dresses",
        ),
        (HEADER + b"1;Dress\xe9, red;dresses;i.jpg;\n", "Dress\\\\xe9", "Dress"),
        (b'{"id": 1, "title": "Dress, red", "category": "dresses", "image": 7}', "7", '"i.jpg"'),
        (
            b'{"id": "1", "title": "Dress, red", "category": "dresses" "image": "i.jpg"}',
            '" \\"image',
            '", \\"image',
        ),
    ],
    ids=["value", "too few cells", "too many cells", "quotes", "not UTF-8", "JSON value", "not JSON"],
)
def test_a_row_comes_back_once_it_is_mended(tmp_path: Path, content: bytes, old: str, new: str) -> None:
    rejects = rejected(write(tmp_path / "feed", content))
    (line,) = rejects.read_bytes().splitlines()
    assert orjson.loads(line)["rejected"]["place"].startswith("feed line ")
    assert items(mend(rejects, old, new)) == [GOOD]


def test_what_is_not_mended_is_rejected_again_the_same(tmp_path: Path) -> None:
    content = HEADER + b'1;t;c;i.jpg;cheap\n2;t;c\n3;"t"x;c;i.jpg;\n'
    first = rejected(write(tmp_path / "feed.csv", content))
    before = [orjson.loads(line) for line in first.read_bytes().splitlines()]
    again = tmp_path / "again"
    again.mkdir()
    first.rename(again / "feed")
    after = [orjson.loads(line) for line in rejected(again / "feed").read_bytes().splitlines()]
    assert [line.pop("rejected")["reason"] for line in after] == [
        line.pop("rejected")["reason"] for line in before
    ]
    assert after == before


@pytest.mark.parametrize("kind", ["{}", "[]", "null", "1", '"what"'])
def test_a_reject_of_no_known_kind_is_rejected_again(tmp_path: Path, kind: str) -> None:
    line = '{"rejected": {"reason": "r"}, "kind": ' + kind + ', "text": "1;t", "row": 1}\n'
    assert len(rejected(write(tmp_path / "feed", line)).read_bytes().splitlines()) == 1


@pytest.mark.parametrize("columns", [{}, {"title": "name"}])
def test_a_merchant_product_comes_back_by_the_same_map(tmp_path: Path, columns: dict[str, str]) -> None:
    header = "id\ttitle\tname\timage_link\tprice\tproduct_type\n"
    feed = write(tmp_path / "feed.tsv", header + "1\tDress, red\tDress, red\ti.jpg\tcheap\tdresses\n")
    rejects = mend(rejected(feed, FeedOptions(columns=columns)), "cheap", "12 EUR")
    (item,) = items(rejects, FeedOptions(columns=columns))
    assert (item.title, item.category, item.price, item.currency) == ("Dress, red", "dresses", 12, "EUR")


def test_a_shopify_product_comes_back_with_all_its_rows(tmp_path: Path) -> None:
    feed = 'Handle,Title,Variant Price,Image Src\n1,"Dress, red",cheap,a.jpg\n1,,,b.jpg\n'
    (item,) = items(mend(rejected(write(tmp_path / "products.csv", feed)), "cheap", "12.00"))
    assert (item.id, item.price, item.images) == ("1", 12, ["a.jpg", "b.jpg"])


def test_one_row_of_a_shopify_product_is_never_taken_for_all_of_it(tmp_path: Path) -> None:
    feed = "Handle,Title,Variant Price,Image Src\n1,Dress,1.00,a.jpg\n1,,b.jpg\n"
    (still_bad,) = entries(mend(rejected(write(tmp_path / "products.csv", feed)), "1,,b.jpg", "1,,,b.jpg"))
    assert isinstance(still_bad, str) and "mend the feed that it came from" in still_bad


def test_a_feed_without_rejects_leaves_no_file(tmp_path: Path) -> None:
    old = write(tmp_path / "rejects.jsonl", '{"rejected": {}, "kind": "csv"}\n')
    assert rejected(write(tmp_path / "feed.csv", "id,title,category,image\n1,t,c,i.jpg\n")) == old
    assert not old.exists(), "that of an earlier run would be taken for this one's"


@pytest.mark.parametrize("content", ["id,title\n", "{}", "\n"])
def test_a_file_that_holds_anything_else_is_never_overwritten(tmp_path: Path, content: str) -> None:
    path = write(tmp_path / "products.csv", content)
    with pytest.raises(RejectsRefused, match="is left as it is"):
        RejectsFile(path)
    assert path.read_text() == content
