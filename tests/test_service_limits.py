"""How many requests a key may send: counted in memory, in Redis, and while Redis is away."""

import logging
import time
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from catalog.index import ItemIndex
from catalog.settings import read_settings
from tests.assertions import assert_problem
from tests.processes import free_port
from tests.redis_server import needs_redis, redis_server
from tests.servers import silent
from tests.service_doubles import ColourEncoder
from tests.service_keys import API_KEYS, ELSEWHERE, app_with, bearer, client_with

pytest_plugins = ["tests.service_fixtures"]


def statuses(
    client: FlaskClient, count: int, path: str = "/v1/search?limit=1", **options: object
) -> list[int]:
    return [client.get(path, **options).status_code for _ in range(count)]


def test_who_asks_too_often_is_told_when_to_come_back(shop_index: ItemIndex, colours: ColourEncoder) -> None:
    client = app_with(shop_index, colours, rate_limit="3/minute").test_client()
    assert statuses(client, 3) == [200] * 3
    response = client.get("/v1/items/red-dress")
    problem = assert_problem(response, 429, "rate_limited")
    assert 1 <= int(response.headers["Retry-After"]) <= 61
    assert "3 per 1 minute" in problem["detail"]
    page = client.get("/")
    assert (page.status_code, page.mimetype) == (429, "text/html") and "Retry-After" in page.headers


def test_a_limit_ends(shop_index: ItemIndex, colours: ColourEncoder) -> None:
    client = app_with(shop_index, colours, rate_limit="1/second").test_client()
    # On a busy machine a second may pass between the two.
    assert any(statuses(client, 2)[1] == 429 for _ in range(5))
    deadline = time.monotonic() + 5
    while client.get("/v1/search").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_each_key_and_each_address_is_counted_alone(shop_index: ItemIndex, colours: ColourEncoder) -> None:
    app = app_with(shop_index, colours, rate_limit="2/hour", api_keys=API_KEYS)
    assert statuses(client_with(app, "search"), 3) == [200, 200, 429]
    assert statuses(client_with(app, "admin"), 3) == [200, 200, 429]
    # A wrong key counts as its address: guessing has a limit, and takes nothing from a right key.
    guess = bearer("wrong-0123456789abcdef")
    assert statuses(app.test_client(), 3, headers=guess) == [401, 401, 429]
    assert statuses(app.test_client(), 2, headers=guess, environ_overrides=ELSEWHERE) == [401, 401]


def test_what_watches_the_service_has_no_limit(shop_index: ItemIndex, colours: ColourEncoder) -> None:
    client = app_with(shop_index, colours, rate_limit="1/hour").test_client()
    for path in ("/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"):
        assert statuses(client, 3, path) == [200] * 3
    assert client.options("/v1/search").status_code == 200
    assert statuses(client, 2) == [200, 429]


@pytest.mark.parametrize("value", ["1200", "0/minute", "many/minute", "5/fortnight", "5 per minute"])
def test_a_limit_that_is_none_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATE_LIMIT", value)
    with pytest.raises(Exception, match="^RATE_LIMIT: "):
        read_settings()


@needs_redis
def test_workers_with_redis_count_together(
    shop_index: ItemIndex, colours: ColourEncoder, tmp_path: Path
) -> None:
    with redis_server(tmp_path) as server:
        workers = [app_with(shop_index, colours, rate_limit="4/hour", redis_url=server.url) for _ in range(2)]
        clients = [worker.test_client() for worker in workers]
        assert [statuses(client, 2) for client in clients] == [[200, 200], [200, 200]]
        for client in clients:
            response = client.get("/v1/search")
            assert_problem(response, 429, "rate_limited")
            assert int(response.headers["Retry-After"]) <= 7200


@needs_redis
def test_requests_are_answered_while_redis_is_away(
    shop_index: ItemIndex, colours: ColourEncoder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    port = free_port()
    with redis_server(tmp_path, port) as server:
        client = app_with(shop_index, colours, rate_limit="3/hour", redis_url=server.url).test_client()
        assert statuses(client, 3) == [200] * 3
    assert statuses(client, 4) == [200, 200, 200, 429], "each process counts for itself meanwhile"
    told = [record for record in caplog.records if "storage unreachable" in record.getMessage()]
    assert len(told) == 1
    with redis_server(tmp_path / "anew", port):
        deadline = time.monotonic() + 30
        while client.get("/v1/search").status_code != 200:  # the new Redis has counted nothing yet
            assert time.monotonic() < deadline
            time.sleep(0.2)
    assert any("storage recovered" in message for message in caplog.messages)


def test_a_redis_that_hangs_delays_nothing_for_long(shop_index: ItemIndex, colours: ColourEncoder) -> None:
    with silent() as address:
        url = address.replace("http://", "redis://")
        client = app_with(shop_index, colours, rate_limit="9/hour", redis_url=url).test_client()
        started = time.monotonic()
        assert statuses(client, 5) == [200] * 5
        assert time.monotonic() - started < 5
