"""Pictures by address in all that is done with feeds: dry runs, and feeds that come from an address too."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.encoder import Encoder
from catalog.index import ItemIndex
from catalog.settings import Settings
from ingest.compare import Differences, compare
from ingest.feeds.open_feed import open_feed
from ingest.fetch.memory import RecalledPictures, memory_path
from ingest.pipeline import ingest
from ingest.seen import SeenItems
from tests.feed_reading import items
from tests.picture_servers import Exchange, PictureServer, answer, serving_pictures
from tests.pictures import BLUE, RED, jpeg

FEED = b"id,title,category,image\nA,Thing,things,a.jpg\nB,Thing,things,/b.jpg\nC,Thing,things,C:\\c.jpg\n"


class Shop:
    """A feed and its pictures, each with an ETag that tells its path and version."""

    def __init__(self) -> None:
        self.files = {"/feeds/feed.csv": FEED, "/feeds/a.jpg": jpeg(RED), "/b.jpg": jpeg((9, 90, 40))}
        self.version = 1

    def __call__(self, exchange: Exchange) -> None:
        tag = f'"{exchange.path} {self.version}"'
        if exchange.headers.get("if-none-match") == tag:
            exchange.send(answer(b"", "304 Not Modified", ETag=tag))
        else:
            exchange.send(answer(self.files[exchange.path], ETag=tag))


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def server(shop: Shop) -> Iterator[PictureServer]:
    with serving_pictures(shop) as server:
        yield server


@pytest.fixture
def private(settings: Settings, server: PictureServer) -> Settings:
    update = {"image_private_hosts": ("127.0.0.1",), "image_ports": (server.port,)}
    return settings.model_copy(update=update)


def test_a_dry_run_fetches_pictures_and_leaves_nothing_behind(
    server: PictureServer, shop: Shop, private: Settings, encoder: Encoder, index: ItemIndex
) -> None:
    def differences() -> dict[str, int]:
        found = Differences()
        with SeenItems() as seen:
            compare(open_feed(server.url("/feeds/feed.csv")), private, encoder, index, seen, found)
        return dict(found.counts) | {"failed": found.failed}

    assert differences() == {"new": 2, "failed": 1}
    assert not private.state_dir.exists() and not private.thumbnail_dir.exists()
    report = ingest(open_feed(server.url("/feeds/feed.csv")), private, encoder, index)
    assert (report.items["embedded"], dict(report.problems)) == (2, {"image_address_refused": 1})
    before = files(private)
    shop.files["/b.jpg"], shop.version = jpeg(BLUE), 2
    assert differences() == {"pictures": 1, "unchanged": 1, "failed": 1}
    assert differences() == {"pictures": 1, "unchanged": 1, "failed": 1}, "nothing of it was remembered"
    assert files(private) == before


def files(settings: Settings) -> dict[Path, bytes]:
    folders = (settings.state_dir, settings.thumbnail_dir)
    return {path: path.read_bytes() for one in folders for path in one.rglob("*") if path.is_file()}


def test_a_dry_run_recalls_what_an_ingest_remembered(
    server: PictureServer, private: Settings, encoder: Encoder, index: ItemIndex
) -> None:
    ingest(open_feed(server.url("/feeds/feed.csv")), private, encoder, index)
    with SeenItems() as seen:
        report = compare(
            open_feed(server.url("/feeds/feed.csv")), private, encoder, index, seen, Differences()
        )
    assert (report.downloads, report.not_modified) == (0, 2)


@pytest.mark.parametrize("content", [None, b"", b"no database at all" * 100])
def test_what_cannot_be_recalled_is_left_as_it_is(settings: Settings, content: bytes | None) -> None:
    path = memory_path(settings)
    if content is not None:
        path.parent.mkdir()
        path.write_bytes(content)
    recalled = RecalledPictures(path)
    assert recalled.get("http://a") is None
    recalled.close()
    assert (path.read_bytes() if path.exists() else None) == content


@pytest.mark.parametrize("source", ["//[/../etc/passwd", "http://[", "C:\\a.jpg", "file:///etc/passwd"])
def test_a_feed_by_address_names_no_file_of_this_machine(
    server: PictureServer, shop: Shop, private: Settings, encoder: Encoder, index: ItemIndex, source: str
) -> None:
    shop.files["/feeds/feed.csv"] = f"id,title,category,image\nA,Thing,things,{source}\n".encode()
    report = ingest(open_feed(server.url("/feeds/feed.csv")), private, encoder, index)
    assert dict(report.problems) == {"image_address_refused": 1}


def test_what_a_feed_is_fetched_with_is_not_passed_on_to_its_pictures(server: PictureServer) -> None:
    address = server.url("/feeds/feed.csv", host="shopkeeper:hunter2@127.0.0.1")
    assert items(address)[0].images == [server.url("/feeds/a.jpg")]
