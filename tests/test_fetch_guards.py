"""ingest/fetch against hostile servers over real sockets: how much it reads, how long."""

import gc
import gzip
import resource
import time

import httpcore
import pytest

from catalog.errors import (
    ImageAddressRefused,
    ImageAnswerBroken,
    ImageFetchError,
    ImageHostUnreachable,
    ImageHttpStatus,
    ImageTimeout,
    ImageTooManyBytes,
)
from ingest.fetch import connect
from ingest.fetch.get import _translated
from ingest.fetch.locations import locate
from ingest.fetch.validators import Validator
from tests.picture_servers import Exchange, Names, answer, fetching, serving_pictures
from tests.pictures import jpeg
from tests.processes import free_port

PICTURE = jpeg()
QUICK = {"image_timeout_s": 1.5}


# How much


def test_a_body_without_end_is_cut_off_at_the_limit_and_costs_no_memory() -> None:
    sent = []

    def endless(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\n\r\n")
        sent.append(0)
        while not exchange.stop.is_set():
            exchange.send(b"\xff" * 65_536)
            sent[-1] += 65_536

    with serving_pictures(endless) as server, fetching(server) as fetch:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for _ in range(3):
            with pytest.raises(ImageTooManyBytes):
                fetch.get(server.url())
        grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert max(sent) < 30_000_000, "what the sockets hold beside the 20 MB that are taken"
    assert grown_kb < 40_000


def test_a_length_over_the_limit_is_refused_unread() -> None:
    with serving_pictures(answer(b"", length=20_000_001)) as server, fetching(server) as fetch:
        with pytest.raises(ImageTooManyBytes):
            fetch.get(server.url())
        assert len(server.requests) == 1, "it would be as large another time"


def test_a_declared_length_is_believed_only_to_refuse() -> None:
    chunks = b"".join(b"10000\r\n" + b"x" * 0x10000 + b"\r\n" for _ in range(4)) + b"0\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    with serving_pictures(head + chunks) as server, fetching(server, max_image_bytes=100_000) as fetch:
        with pytest.raises((ImageTooManyBytes, ImageAnswerBroken)):
            fetch.get(server.url())


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "deflate", "br", "gzip, gzip"])
def test_what_is_compressed_is_never_unpacked(encoding: str) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    with serving_pictures(answer(bomb, Content_Encoding=encoding)) as server, fetching(server) as fetch:
        with pytest.raises(ImageAnswerBroken, match="compressed"):
            fetch.get(server.url())
        assert len(server.requests) == 1


def test_a_body_that_is_shorter_than_it_says_is_an_error() -> None:
    def short(exchange: Exchange) -> None:
        exchange.send(answer(PICTURE[:500], length=len(PICTURE)))
        exchange.close()

    with serving_pictures(short) as server, fetching(server) as fetch:
        with pytest.raises(ImageAnswerBroken):
            fetch.get(server.url())
        assert len(server.requests) == 3


@pytest.mark.parametrize("framing", ["length", "chunks", "not modified"])
def test_bytes_beyond_the_answer_are_no_part_of_any_picture(framing: str) -> None:
    """A server that answers twice would shift all later pictures of the connection by one product."""

    def twice(exchange: Exchange) -> None:
        said = {
            "length": answer(PICTURE),
            "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"%x\r\n%s\r\n0\r\n\r\n" % (len(PICTURE), PICTURE),
            "not modified": answer(b"", "304 Not Modified"),
        }[framing]
        exchange.send(said + answer(b"smuggled") if exchange.path == "/long" else answer(PICTURE))

    with serving_pictures(twice) as server, fetching(server) as fetch:
        known = Validator(server.url("/long"), '"a"', None) if framing == "not modified" else None
        long = fetch.get(server.url("/long"), known)
        assert (long is None) == (known is not None)
        assert long is None or long.content == PICTURE
        assert fetch.content(server.url("/next")) == PICTURE
        assert fetch.content(server.url("/more")) == PICTURE


@pytest.mark.parametrize(
    "flood",
    [b"X-%d: " + b"y" * 1000 + b"\r\n", b"X: " + b"y" * 1000, b"HTTP/1.1 100 Continue\r\n\r\n"],
    ids=["lines", "one line", "interim answers"],
)
def test_headers_without_end_are_cut_off(flood: bytes) -> None:
    def endless(exchange: Exchange) -> None:
        exchange.send(b"" if flood.startswith(b"HTTP") else b"HTTP/1.1 200 OK\r\n")
        while not exchange.stop.is_set():
            exchange.send(flood)

    with serving_pictures(endless) as server, fetching(server, **QUICK) as fetch:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with pytest.raises((ImageAnswerBroken, ImageTimeout)):
            fetch.get(server.url())
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000


@pytest.mark.parametrize(
    "said",
    [
        b"\x16\x03\x01nonsense\r\n\r\n", b"HTTP/1.1 999999 What\r\n\r\n", b"SSH-2.0-OpenSSH_9.6\r\n", b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffffff\r\n",
    ],
)  # fmt: skip
def test_what_is_no_http_is_an_error(said: bytes) -> None:
    def script(exchange: Exchange) -> None:
        exchange.send(said)
        exchange.close()

    with serving_pictures(script) as server, fetching(server) as fetch, pytest.raises(ImageAnswerBroken):
        fetch.get(server.url())


# How long


@pytest.mark.parametrize(
    "start", ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"]
)
def test_a_slow_drip_is_cut_off_by_the_clock(start: str) -> None:
    """Each byte comes in time; all of them together do not."""

    def drip(exchange: Exchange) -> None:
        exchange.send(start.encode())
        rest = "HTTP/1.1 200 OK\r\nX: " if not start else "X: "
        exchange.drip([rest[n : n + 1].encode() or b"x" for n in range(900)], 0.05)

    with serving_pictures(drip) as server, fetching(server, **QUICK) as fetch:
        began = time.monotonic()
        with pytest.raises(ImageTimeout, match=r"takes longer than 1\.5 s"):
            fetch.get(server.url())
        assert time.monotonic() - began < 5


def test_a_silent_server_is_asked_again_within_the_time() -> None:
    def script(exchange: Exchange) -> None:
        if exchange.number == 0:
            exchange.stop.wait(20)
        exchange.send(answer(PICTURE))

    with serving_pictures(script) as server, fetching(server, image_timeout_s=6) as fetch:
        assert fetch.content(server.url()) == PICTURE


def test_a_slow_look_up_is_cut_off_too() -> None:
    import anyio

    async def slow(host: str, port: int) -> list[str]:
        await anyio.sleep(60)
        return ["127.0.0.1"]

    with fetching(resolver=slow, **QUICK) as fetch:
        began = time.monotonic()
        with pytest.raises(ImageTimeout):
            fetch.get("http://shop.example/a.jpg")
        assert time.monotonic() - began < 5


def test_a_handshake_that_hangs_is_cut_off() -> None:
    with (
        serving_pictures(lambda exchange: exchange.stop.wait(20)) as server,
        fetching(server, **QUICK) as fetch,
    ):
        server.scheme = "https"
        with pytest.raises(ImageTimeout):
            fetch.get(server.url())
    gc.collect()  # an unclosed connection would be an error here


# What cannot be had


def test_hosts_without_address_or_port_without_server_are_unreachable() -> None:
    async def unknown(host: str, port: int) -> list[str]:
        import socket

        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with fetching(resolver=unknown) as fetch, pytest.raises(ImageHostUnreachable, match="no such host"):
        fetch.get("http://shop.example/a.jpg")
    with fetching(resolver=Names(shop_example=[[]])) as fetch, pytest.raises(ImageHostUnreachable):
        fetch.get("http://shop.example/a.jpg")
    port = free_port()
    with fetching(image_timeout_s=3) as fetch, pytest.raises(ImageAddressRefused, match="IMAGE_PORTS"):
        fetch.get(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("status", [204, 206, 300, 304, 400, 401, 403, 404, 410, 451, 501])
def test_a_status_that_will_not_pass_is_reported_at_once(status: int) -> None:
    with serving_pictures(answer(b"", f"{status} No")) as server, fetching(server) as fetch:
        with pytest.raises(ImageHttpStatus, match=f"answers {status}"):
            fetch.get(server.url())
        assert len(server.requests) == 1


def test_every_error_of_the_library_is_one_of_ours() -> None:
    names = [getattr(httpcore, name) for name in httpcore.__all__]
    errors = [one for one in names if isinstance(one, type) and issubclass(one, Exception)]
    assert len(errors) > 10
    for error in errors:
        with pytest.raises(ImageFetchError), _translated(locate("http://shop.example/")):
            raise error("inside")


def test_the_systems_resolver_answers_with_addresses() -> None:
    import anyio

    assert set(anyio.run(connect.resolve, "localhost", 80)) <= {"127.0.0.1", "::1"}
