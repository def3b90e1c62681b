"""Pushed items whose pictures lead where nobody should ask: refused by a real worker, as dead letters."""

import gzip
from collections.abc import Iterator

import pytest

from catalog.encoder import Encoder
from catalog.writes.dead import letters
from catalog.writes.queue import WriteQueue
from tests.picture_servers import Exchange, PictureServer, answer, serving_pictures
from tests.pictures import jpeg
from tests.pushing import Shop, eventually, shop_over


def inner(exchange: Exchange) -> None:
    """A server in the shop's own network; nothing may ever ask it."""
    exchange.send(answer(jpeg()))


@pytest.fixture(scope="module")
def hidden() -> Iterator[PictureServer]:
    with serving_pictures(inner) as server:
        yield server


@pytest.fixture(scope="module")
def shop(store_url: str, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("hostile")
    # One private host is allowed, as a shop's own server of pictures is, written so: 127.0.0.1.
    with (
        shop_over(store_url, encoder, folder, IMAGE_TIMEOUT_S="2", WRITE_ATTEMPTS="1") as shop,
        shop.worker(folder / "worker.log"),
    ):
        yield shop


def hostile(shop: Shop, hidden: PictureServer) -> list[str]:
    assert shop.pictures.server is not None
    port = shop.pictures.server.port  # is in IMAGE_PORTS, so that the host alone decides
    hosts = ("127.0.0.2", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.1", "10.0.0.1", "192.168.0.1",
             "169.254.169.254", "100.100.100.200", "[fd00:ec2::254]", "[fe80::1]", "2130706433", "0x7f.1",
             "0177.0.0.1", "127.1", "user:pw@127.0.0.1", "224.0.0.1")  # fmt: skip
    return [
        *(f"http://{host}:{port}/1-2-3.jpg" for host in hosts),
        hidden.url(),  # a port that is not allowed
        *("file:///etc/passwd", "ftp://127.0.0.1/x.jpg", "gopher://127.0.0.1:6379/_INFO",
          "data:image/png;base64,AAAA", "http://", "http://[::1", "//127.0.0.1/x.jpg"),
    ]  # fmt: skip


def test_hostile_addresses_become_dead_letters_with_a_reason(shop: Shop, hidden: PictureServer) -> None:
    addresses = hostile(shop, hidden)
    operations = [
        {"op": "put", "item": {"id": f"h{n}", "title": "T", "category": "c", "images": [address]}}
        for n, address in enumerate(addresses)
    ]
    accepted = shop.http.post("/v1/items/batch", json={"operations": operations}).json()
    eventually(lambda: shop.ingest(accepted)["state"] == "done", 120)
    for address, outcome in zip(addresses, shop.ingest(accepted)["operations"], strict=True):
        assert outcome["outcome"] == "failed", (address, outcome)
        assert outcome["code"] in REFUSALS, (address, outcome)
        assert outcome["detail"] and "user:pw" not in outcome["detail"]
        assert shop.stored(outcome["id"]) is None
    assert hidden.requests == []
    assert shop.pictures.server is not None and shop.pictures.server.requests == []
    queue = WriteQueue(shop.settings)
    dead = {letter.entry.item_id: letter for letter in letters(queue.parts.dead)}
    queue.close()
    queued = [one["id"] for one in shop.ingest(accepted)["operations"] if one["code"] != "request_invalid"]
    assert set(dead) == set(queued) and all(letter.detail for letter in dead.values())
    page = shop.http.get("/admin").text
    assert f"<dd>{len(dead)}</dd>" in page and "image_address_refused" in page


# The last two: refused when they were sent, or read as names of files, which a pushed item has none of.
REFUSALS = {"image_address_refused", "request_invalid", "image_missing"}


def test_a_redirect_does_not_lead_further_than_an_address(shop: Shop, hidden: PictureServer) -> None:
    assert shop.pictures.server is not None
    targets = (f"http://localhost:{shop.pictures.server.port}/1-2-3.jpg", "file:///etc/passwd", hidden.url(),
               "http://169.254.169.254/latest/", "http://user:pw@127.0.0.1/")  # fmt: skip
    for n, target in enumerate(targets):
        path = f"/redirect-{n}.jpg"
        shop.pictures.answers[path] = answer(b"", "302 Found", location=target)
        body = shop.item() | {"images": [shop.pictures.url(path)]}
        outcome = shop.outcome(shop.put(f"r{n}", body), 90)
        assert (outcome["outcome"], outcome["code"]) == ("failed", "image_address_refused"), outcome
    assert hidden.requests == []
    assert {exchange.path for exchange in shop.pictures.server.requests} == set(shop.pictures.answers)


def endless(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\n\r\n")
    while not exchange.stop.is_set():
        exchange.send(b"\xff" * 65_536)


def drip(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
    exchange.drip([b"\xff"] * 900, 0.05)


def cut_short(exchange: Exchange) -> None:
    exchange.send(answer(jpeg(), length=100_000))
    exchange.close()


BOMB = gzip.compress(bytes(10_000_000))
HOSTILE = {
    "/endless.jpg": (endless, "image_too_many_bytes"),
    "/drip.jpg": (drip, "image_timeout"),
    "/short.jpg": (cut_short, "image_answer_broken"),
    "/long.jpg": (answer(jpeg(), length=20_000_001), "image_too_many_bytes"),
    "/bomb.jpg": (answer(BOMB, Content_Encoding="gzip"), "image_answer_broken"),
    "/zipped.jpg": (answer(BOMB, Content_Type="image/jpeg"), "image_not_an_image"),
    "/page.jpg": (answer(b"<html>gone</html>", Content_Type="image/jpeg"), "image_not_an_image"),
}


def test_hostile_answers_become_dead_letters_with_a_reason(shop: Shop) -> None:
    shop.pictures.answers = {path: said for path, (said, _) in HOSTILE.items()}
    operations = [
        {"op": "put", "item": shop.item() | {"id": path, "images": [shop.pictures.url(path)]}}
        for path in HOSTILE
    ]
    accepted = shop.http.post("/v1/items/batch", json={"operations": operations}).json()
    eventually(lambda: shop.ingest(accepted)["state"] == "done", 60)
    outcomes = {one["id"]: one["code"] for one in shop.ingest(accepted)["operations"]}
    assert outcomes == {path: code for path, (_, code) in HOSTILE.items()}
    assert not any(shop.stored(path) for path in HOSTILE)
