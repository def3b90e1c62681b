"""The store is down, slow, empty or another model's: the service says so, and recovers by itself."""

import threading
import time
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from catalog.collection import connect
from catalog.index import ItemIndex
from service.app import create_app
from tests.assertions import assert_problem
from tests.processes import free_port, running, wait_until_ready
from tests.servers import delayed, silent
from tests.service_doubles import ColourEncoder
from tests.service_shop import NEWEST_FIRST, SHOP, SHOP_ALIAS, fill, settings_for

pytest_plugins = ["tests.service_fixtures"]


class OtherWeights(ColourEncoder):
    fingerprint = "0" * 64


def client_of(url: str, encoder: ColourEncoder, alias: str = SHOP_ALIAS) -> FlaskClient:
    return create_app(settings_for(url, qdrant_timeout_s=1, index_alias=alias), encoder).test_client()


def assert_unavailable(client: FlaskClient, status: int, code: str) -> None:
    for path in ("/readyz", "/v1/search", "/v1/search?text=red", "/v1/items/a", "/v1/items/a/similar"):
        assert_problem(client.get(path), status, code)
    assert client.get("/healthz").json == {"status": "alive"}
    page = client.get("/?text=red")
    assert page.status_code == status and page.mimetype == "text/html"


def test_a_healthy_service_is_ready(client: FlaskClient) -> None:
    expected = {"status": "ready", "model": "colours", "index_version": "shop-colours-1"}
    assert client.get("/readyz").json == expected
    assert client.get("/healthz").json == {"status": "alive"}


def test_the_service_starts_without_the_store_and_recovers(tmp_path: Path, colours: ColourEncoder) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    service = client_of(url, colours)
    assert_unavailable(service, 503, "index_unavailable")

    start = ("-m", "vectorstore", "--path", tmp_path / "store", "--port", port)
    with running(*start, log=tmp_path / "first.log") as store:
        wait_until_ready(f"{url}/readyz", store)
        writer = connect(settings_for(url))
        fill(ItemIndex(writer, url, SHOP_ALIAS, colours), colours, SHOP)
        writer.close()
        assert service.get("/v1/search?text=red").json["items"][0]["id"] == "red-dress"
        assert service.get("/readyz").status_code == 200
    assert_problem(service.get("/v1/search?text=red"), 503, "index_unavailable")

    with running(*start, log=tmp_path / "second.log") as store:
        wait_until_ready(f"{url}/readyz", store)
        answer = service.get("/v1/search").json
        assert [item["id"] for item in answer["items"]] == NEWEST_FIRST


def test_an_index_that_does_not_exist_yet_says_that_it_is_empty(
    store_url: str, colours: ColourEncoder
) -> None:
    assert_unavailable(client_of(store_url, colours, "nothing-here"), 503, "index_empty")


@pytest.mark.usefixtures("shop_index")
def test_an_index_of_another_model_is_never_searched(store_url: str) -> None:
    assert_unavailable(client_of(store_url, OtherWeights()), 409, "model_mismatch")


def test_a_store_that_does_not_answer_is_a_timeout(colours: ColourEncoder) -> None:
    with silent() as url:
        response = client_of(url, colours).get("/v1/search?text=red")
    assert_problem(response, 504, "index_timeout")


MANY_CALLS = {"query": [{"item_id": "red-dress"}, {"item_id": "green-shirt"}, {"text": "blue"}]}


@pytest.mark.usefixtures("shop_index")
def test_a_store_that_hangs_holds_a_request_no_longer_than_the_limit(
    store_url: str, colours: ColourEncoder
) -> None:
    with delayed(store_url) as (url, delay):
        client = client_of(url, colours)
        assert client.post("/v1/search", json=MANY_CALLS).status_code == 200
        delay.hang()
        for path in ("/v1/search?text=red", "/v1/items/red-dress/similar", "/readyz"):
            time.sleep(2.1)  # until the alias has to be looked up again
            started = time.monotonic()
            assert_problem(client.get(path), 504, "index_timeout")
            assert 0.9 < time.monotonic() - started < 1.5
        delay.answer_again()
        assert client.post("/v1/search", json=MANY_CALLS).status_code == 200, "without a restart"


@pytest.mark.usefixtures("shop_index")
def test_many_calls_that_are_each_in_time_are_too_late_together(
    store_url: str, colours: ColourEncoder
) -> None:
    with delayed(store_url) as (url, delay):
        client = client_of(url, colours)
        assert client.get("/readyz").status_code == 200
        delay.seconds = 0.4
        started = time.monotonic()
        assert_problem(client.post("/v1/search", json=MANY_CALLS), 504, "index_timeout")
        assert 0.9 < time.monotonic() - started < 1.5
        assert client.get("/v1/items/red-dress").status_code == 200, "one call is in time"


def test_outside_of_a_request_each_call_has_the_whole_limit(store_url: str, colours: ColourEncoder) -> None:
    with delayed(store_url) as (url, delay):
        store = connect(settings_for(url, qdrant_timeout_s=1))
        delay.seconds = 0.4
        for _ in range(4):
            store.get_collections()
        store.close()


def test_searches_are_answered_while_no_thread_can_be_started(
    store_url: str, colours: ColourEncoder, shop_index: ItemIndex
) -> None:
    service = create_app(settings_for(store_url), colours, shop_index).test_client()
    before = threading.stack_size(1 << 46)  # more than there is room for, so that no thread starts
    try:
        answer = service.get("/v1/search?text=red")
    finally:
        threading.stack_size(before)
    assert answer.status_code == 200 and answer.json["total"] == len(SHOP)
