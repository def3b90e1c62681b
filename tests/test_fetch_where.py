"""ingest/fetch against hostile servers and name servers over real sockets: where it connects."""

import ssl
from collections.abc import Iterator

import pytest
import trustme

from catalog.errors import (
    ImageAddressRefused,
    ImageHostUnreachable,
)
from tests.picture_servers import Exchange, Names, answer, fetching, serving_pictures
from tests.pictures import jpeg

PICTURE = jpeg()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def shop_tls(authority: trustme.CA) -> ssl.SSLContext:
    """What a server for https://shop.example has."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("shop.example").configure_cert(context)
    return context


@pytest.fixture
def trusting(authority: trustme.CA) -> Iterator[ssl.SSLContext]:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    yield context


def test_a_picture_comes_and_the_server_sees_a_plain_request(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with serving_pictures(answer(PICTURE)) as server, fetching(server) as fetch:
        assert fetch.content(server.url("/a b.jpg?w=400#top")) == PICTURE
        (request,) = server.requests
    assert request.path == "/a%20b.jpg?w=400"
    assert request.headers["host"] == f"127.0.0.1:{server.port}"
    assert request.headers["accept-encoding"] == "identity"
    assert not {"cookie", "authorization", "referer", "if-none-match"} & set(request.headers)


def test_private_addresses_are_refused_before_anything_is_sent() -> None:
    with serving_pictures(answer(PICTURE)) as server, fetching(server, private=()) as fetch:
        for host in ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127。0。0。1"):
            with pytest.raises(ImageAddressRefused, match="not public"):
                fetch.get(server.url(host=host))
        for host in ("2130706433", "0x7f.1", "0177.0.0.1", "127%2e0.0.1", "user:pw@127.0.0.1"):
            with pytest.raises(ImageAddressRefused):
                fetch.get(server.url(host=host))
    assert server.requests == []


@pytest.mark.parametrize(
    "records",
    [["10.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["2606:4700::1", "fe80::1%eth0"], ["8.8.8.8"] * 9 + ["::1"]],
)
def test_one_record_that_is_not_public_refuses_the_host(records: list[str]) -> None:
    with serving_pictures(answer(PICTURE)) as server:
        with fetching(server, private=(), resolver=Names(shop_example=[records])) as fetch:
            with pytest.raises(ImageAddressRefused, match=r"^shop\.example: has an address"):
                fetch.get(server.url(host="shop.example"))
    assert server.requests == []


@pytest.mark.parametrize(
    "records", [["169.254.169.254"], ["127.0.0.1", "100.100.100.200"], ["fd00:ec2::254"]]
)
def test_not_even_a_private_host_leads_to_metadata(records: list[str]) -> None:
    with fetching(private=("shop.example",), resolver=Names(shop_example=[records])) as fetch:
        with pytest.raises(ImageAddressRefused):
            fetch.get("http://shop.example/latest/meta-data/")


def test_the_address_that_was_checked_is_connected_to() -> None:
    """DNS that answers otherwise the second time: there is no second time."""
    with serving_pictures(answer(PICTURE)) as good:
        with serving_pictures(answer(b"evil"), host="127.0.0.2", port=good.port) as evil:
            names = Names(shop_example=[["127.0.0.1"], ["127.0.0.2"], ["169.254.169.254"]])
            with fetching(good, private=("shop.example",), resolver=names) as fetch:
                assert fetch.content(good.url(host="shop.example")) == PICTURE
            assert (names.asked, len(good.requests), evil.requests) == (["shop.example"], 1, [])
    assert good.requests[0].headers["host"] == f"shop.example:{good.port}"


def test_a_new_connection_is_checked_anew() -> None:
    def once(exchange: Exchange) -> None:
        exchange.send(answer(PICTURE, Connection="close"))
        exchange.close()

    names = Names(shop_example=[["127.0.0.1"], ["169.254.169.254"]])
    with serving_pictures(once) as server:
        with fetching(server, private=("shop.example",), resolver=names) as fetch:
            assert fetch.content(server.url(host="shop.example")) == PICTURE
            with pytest.raises(ImageAddressRefused):
                fetch.get(server.url(host="shop.example"))


def test_the_next_address_is_tried_when_the_first_does_not_answer() -> None:
    with serving_pictures(answer(PICTURE)) as server:
        names = Names(shop_example=[["127.0.0.9", "127.0.0.1"]])
        with fetching(server, private=("shop.example",), resolver=names) as fetch:
            assert fetch.content(server.url(host="shop.example")) == PICTURE


def test_an_ipv6_literal_is_asked_with_its_brackets() -> None:
    with serving_pictures(answer(PICTURE), host="::1") as server:
        with fetching(server, private=("[::1]",)) as fetch:
            assert fetch.content(server.url(host="[0:0::1]")) == PICTURE
    assert server.requests[0].headers["host"] == f"[::1]:{server.port}"


def test_a_name_beyond_ascii_is_looked_up_by_its_idna_form() -> None:
    names = Names(xn__bcher_kva_example=[["127.0.0.1"]])
    names.answers = {"xn--bcher-kva.example": [["127.0.0.1"]]}
    with serving_pictures(answer(PICTURE)) as server:
        with fetching(server, private=("xn--bcher-kva.example",), resolver=names) as fetch:
            assert fetch.content(server.url(host="bücher.example")) == PICTURE


# Redirects


def test_a_redirect_is_followed_and_each_hop_checked() -> None:
    def script(exchange: Exchange) -> None:
        targets = {
            "/1": "/2", "/2": server.url("/private", "127.0.0.2"), "/loop": "/loop",
            "/4": "/3", "/3": "/5", "/5": "/6", "/6": "/picture", "/file": "file:///etc/passwd",
            "/login": "http://user:pw@127.0.0.1/", "/port": "http://127.0.0.1:22/", "/none": "",
        }  # fmt: skip
        target = targets.get(exchange.path)
        exchange.send(answer(PICTURE) if target is None else answer(b"", "302 Found", Location=target))

    with serving_pictures(script) as server, fetching(server) as fetch:
        assert fetch.content(server.url("/3")) == PICTURE
        for path in ("/1", "/loop", "/4", "/file", "/login", "/port", "/none"):
            with pytest.raises(ImageAddressRefused):
                fetch.get(server.url(path))
        assert server.paths.count("/loop") == 4
        assert "/private" not in server.paths


def test_a_redirect_leaves_neither_the_allowed_hosts_nor_encryption(
    shop_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    def script(exchange: Exchange) -> None:
        exchange.send(answer(b"", "301 Moved Permanently", Location=target))

    names = Names(shop_example=[["127.0.0.1"]], other_example=[["127.0.0.1"]])
    with serving_pictures(script, tls=shop_tls) as server, serving_pictures(answer(PICTURE)) as plain:
        with fetching(
            server, plain, private=("shop.example",), resolver=names, ssl_context=trusting,
            image_hosts=("shop.example",),
        ) as fetch:  # fmt: skip
            target = plain.url(host="shop.example")
            with pytest.raises(ImageAddressRefused, match="from https to http"):
                fetch.get(server.url(host="shop.example"))
            target = server.url(host="other.example")
            with pytest.raises(ImageAddressRefused, match="IMAGE_HOSTS"):
                fetch.get(server.url(host="shop.example"))
    assert plain.requests == []
    assert names.asked == ["shop.example"] * 2


# TLS


def test_the_certificate_must_be_that_of_the_name(shop_tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    names = Names(shop_example=[["127.0.0.1"]], other_example=[["127.0.0.1"]])
    private = ("shop.example", "other.example", "127.0.0.1")
    asked: list[str | None] = []
    shop_tls.sni_callback = lambda connection, name, context: asked.append(name)
    with serving_pictures(answer(PICTURE), tls=shop_tls) as server:
        with fetching(server, private=private, resolver=names, ssl_context=trusting) as fetch:
            assert fetch.content(server.url(host="shop.example")) == PICTURE
            assert asked == ["shop.example"]
            for host in ("other.example", "127.0.0.1"):
                with pytest.raises(ImageHostUnreachable, match="certificate"):
                    fetch.get(server.url(host=host))
        with fetching(server, private=private, resolver=names) as fetch:
            with pytest.raises(ImageHostUnreachable, match="certificate"):
                fetch.get(server.url(host="shop.example"))
    assert len(server.requests) == 1
