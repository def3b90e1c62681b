"""catalog/reads.py against servers over plain sockets that send just what a test tells them to."""

import time
from typing import Any

import numpy as np
import orjson
import pytest
import urllib3.exceptions
from qdrant_client import models
from urllib3.exceptions import HTTPError, NewConnectionError, ProtocolError

from catalog.deadline import Deadline, current
from catalog.errors import CatalogError, IndexRefused, IndexTimeout, IndexUnavailable
from catalog.index_errors import translated
from catalog.reads import ReadRefused, Reads
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
        with pytest.raises(HTTPError):
            reads.post("items", "points/count", {})
        assert reads.post("items", "points/count", {}) == {"count": 7}


def test_a_port_without_a_store_is_no_timeout() -> None:
    with pytest.raises(IndexUnavailable) as raised:
        count(f"http://127.0.0.1:{free_port()}")
    assert not isinstance(raised.value, IndexTimeout)


def test_every_error_of_the_library_is_one_of_ours() -> None:
    named = vars(urllib3.exceptions).values()
    errors = [one for one in named if isinstance(one, type) and issubclass(one, HTTPError)]
    assert {NewConnectionError, ProtocolError} < set(errors)
    for error in [*errors, ReadRefused]:
        with pytest.raises(CatalogError), translated("http://store.example"):
            raise error.__new__(error) if error is not ReadRefused else ReadRefused(500)
