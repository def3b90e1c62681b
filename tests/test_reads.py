"""catalog/reads.py against servers over plain sockets that send just what a test tells them to."""

import ssl
import time
from typing import Any

import numpy as np
import orjson
import pytest
import trustme
from qdrant_client import models

from catalog.deadline import Deadline, current
from catalog.errors import CatalogError, IndexRefused, IndexTimeout, IndexUnavailable
from catalog.index_errors import translated
from catalog.reads import Reads
from tests.picture_servers import Exchange, answer, serving_pictures
from tests.processes import free_port

FOUND = answer(b'{"result": {"count": 7}, "status": "ok"}')


def count(url: str, timeout_s: float = 5, api_key: str | None = None) -> Any:
    with translated(url):
        return Reads(url, api_key, timeout_s).post("items-compact-1", "points/count", {"exact": True})


def test_a_read_names_its_collection_its_key_and_the_prefix_of_the_store() -> None:
    with serving_pictures(FOUND) as server:
        assert count(server.url("/qdrant/"), api_key="secret") == {"count": 7}
        assert server.paths == ["/qdrant/collections/items-compact-1/points/count"]
        assert server.requests[0].headers["api-key"] == "secret"


def test_models_and_arrays_are_sent_as_the_client_would_send_them() -> None:
    condition = models.FieldCondition(key="brand", match=models.MatchValue(value="Acme"))
    body = {"query": np.array([0.5, -0.25], np.float32), "filter": models.Filter(must=[condition])}
    with serving_pictures(FOUND) as server:
        Reads(server.url(""), None, 5).post("items", "points/query", body)
    assert orjson.loads(server.requests[0].body) == {
        "query": [0.5, -0.25],
        "filter": {"must": [{"key": "brand", "match": {"value": "Acme"}}]},
    }


def test_a_kept_connection_that_the_store_closes_is_opened_again() -> None:
    def script(exchange: Exchange) -> None:
        if exchange.number == 1:  # as one whose time is over just when it is used again
            exchange.close()
        else:
            exchange.send(FOUND)

    with serving_pictures(script) as server:
        reads = Reads(server.url(""), None, 5)
        for _ in range(3):
            assert reads.post("items", "points/count", {}) == {"count": 7}
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    "said",
    [
        answer(b""), answer(b"[]"), answer(b"null"), answer(b'{"status": "ok"}'), answer(b"{", length=1),
        b"SSH-2.0\r\n\r\n",
    ],
)  # fmt: skip
def test_an_answer_that_is_not_the_stores_is_a_store_that_does_not_answer(said: bytes) -> None:
    def script(exchange: Exchange) -> None:
        exchange.send(said)
        exchange.close()

    with serving_pictures(script) as server, pytest.raises(IndexUnavailable):
        count(server.url(""))


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, IndexRefused), (404, IndexUnavailable), (408, IndexTimeout), (429, IndexUnavailable)],
)  # fmt: skip
def test_a_refusal_is_one_of_our_errors(status: int, error: type[CatalogError]) -> None:
    with serving_pictures(answer(b"{}", f"{status} No")) as server, pytest.raises(error):
        count(server.url(""))


def test_a_body_that_drips_is_cut_off_by_the_requests_deadline() -> None:
    def drip(exchange: Exchange) -> None:
        exchange.send(answer(b"", length=900))
        exchange.drip([b" "] * 100, 0.05)

    with serving_pictures(drip) as server:
        token = current.set(Deadline(0.5))
        began = time.monotonic()
        try:
            with pytest.raises(IndexTimeout):
                count(server.url(""))
        finally:
            current.reset(token)
        assert time.monotonic() - began < 2


def test_what_is_left_of_an_answer_is_never_the_next_ones() -> None:
    def script(exchange: Exchange) -> None:
        if exchange.number == 0:
            exchange.send(FOUND[:-4])
            exchange.stop.wait(1)
        exchange.send(FOUND if exchange.number else FOUND[-4:])

    with serving_pictures(script) as server:
        reads = Reads(server.url(""), None, 0.3)
        with pytest.raises(TimeoutError):
            reads.post("items", "points/count", {})
        assert reads.post("items", "points/count", {}) == {"count": 7}


def test_a_port_without_a_store_is_no_timeout() -> None:
    with pytest.raises(IndexUnavailable) as raised:
        count(f"http://127.0.0.1:{free_port()}")
    assert not isinstance(raised.value, IndexTimeout)


def test_an_answer_in_chunks_is_put_together() -> None:
    parts = [b'{"res', b'ult": {"count": 7}}', b""]
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    head = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with serving_pictures(head + chunked) as server:
        reads = Reads(server.url(""), None, 5)
        assert [reads.post("items", "points/count", {}) for _ in range(2)] == [{"count": 7}] * 2


def test_a_server_that_says_more_than_was_asked_for_is_not_believed() -> None:
    with serving_pictures(FOUND + FOUND) as server, pytest.raises(IndexUnavailable):
        count(server.url(""))


def test_a_connection_that_the_store_wants_closed_is_not_used_again() -> None:
    last = FOUND.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
    with serving_pictures(last) as server:
        reads = Reads(server.url(""), None, 5)
        assert [reads.post("items", "points/count", {}) for _ in range(2)] == [{"count": 7}] * 2
    assert len({request.connection for request in server.requests}) == 2


def test_a_store_behind_tls_has_to_prove_who_it_is() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with serving_pictures(FOUND, tls=context) as server:
        url = server.url("", host="localhost")
        with pytest.raises(IndexUnavailable):
            count(url)
        with authority.cert_pem.tempfile() as path, pytest.MonkeyPatch.context() as patch:
            patch.setenv("SSL_CERT_FILE", path)
            assert count(url) == {"count": 7}


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 70 + ".example"])
def test_a_host_that_is_none_is_a_store_that_does_not_answer(host: str) -> None:
    with pytest.raises(IndexUnavailable):
        count(f"http://{host}:6333")


def test_a_key_cannot_bring_headers_of_its_own() -> None:
    with pytest.raises(ValueError, match="line break"):
        Reads("http://127.0.0.1", "key\r\nX-Other: 1", 5)
