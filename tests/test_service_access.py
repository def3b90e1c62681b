"""Who may call what: scopes of keys, and loopback alone where there are none."""

import logging

import pytest
from flask import Flask
from flask.testing import FlaskClient

from catalog.index import ItemIndex
from service.operations import operation_of
from tests.assertions import assert_problem
from tests.processes import free_port, run_program
from tests.service_doubles import ColourEncoder
from tests.service_keys import API_KEYS, ELSEWHERE, KEYS, app_with, bearer, client_with

pytest_plugins = ["tests.service_fixtures"]


@pytest.fixture
def keyed(shop_index: ItemIndex, colours: ColourEncoder) -> Flask:
    return app_with(shop_index, colours, api_keys=API_KEYS)


def test_every_route_declares_its_scope(keyed: Flask, shop: Flask) -> None:
    for app in (keyed, shop):
        with app.app_context():
            undeclared = [
                rule.rule for rule in app.url_map.iter_rules() if operation_of(rule.endpoint) is None
            ]
        assert undeclared == []


def test_a_key_opens_what_its_scope_names(keyed: Flask) -> None:
    for path in ("/v1/search?text=red", "/v1/items/red-dress", "/v1/items/red-dress/similar"):
        assert client_with(keyed, "search").get(path).status_code == 200
        assert client_with(keyed, "admin").get(path).status_code == 200
        assert_problem(client_with(keyed, "write").get(path), 403, "scope_missing")
    assert client_with(keyed, "admin").get("/metrics").status_code == 200
    refused = client_with(keyed, "search").get("/metrics")
    assert_problem(refused, 403, "scope_missing")
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="vitrine" error="insufficient_scope"'


@pytest.mark.parametrize("sent", [{}, {"Authorization": "Basic dTpw"}, {"Authorization": "Bearer"}])
def test_without_a_key_nothing_is_searched(
    keyed: Flask, colours: ColourEncoder, sent: dict[str, str]
) -> None:
    embedded = len(colours.texts)
    response = keyed.test_client().get("/v1/search?text=red", headers=sent)
    assert_problem(response, 401, "key_missing")
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="vitrine"'
    assert_problem(keyed.test_client().post("/v1/search", json={}, headers=sent), 401, "key_missing")
    assert len(colours.texts) == embedded


@pytest.mark.parametrize("key", ["wrong-0123456789abcdef", KEYS["search"] + "0", "x", "a b", "ä" * 20])
def test_a_wrong_key_is_invalid(keyed: Flask, key: str) -> None:
    response = keyed.test_client().get("/v1/search", headers=bearer(key))
    assert_problem(response, 401, "key_invalid")
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="vitrine" error="invalid_token"'


def test_some_routes_are_open(keyed: Flask) -> None:
    client = keyed.test_client()
    for path in ("/healthz", "/readyz", "/docs", "/openapi.json"):
        assert client.get(path).status_code == 200
    assert_problem(client.get(f"/v1/thumbnails/{'0' * 64}"), 404, "thumbnail_not_found")


@pytest.mark.parametrize(
    ("keys", "setting", "status"),
    [("", "auto", 200), ("", "off", 404), (API_KEYS, "auto", 404), (API_KEYS, "on", 200)],
)
def test_a_setting_says_whether_there_is_a_search_page(
    shop_index: ItemIndex, colours: ColourEncoder, keys: str, setting: str, status: int
) -> None:
    client = app_with(shop_index, colours, api_keys=keys, search_page=setting).test_client()
    assert client.get("/?text=red").status_code == status
    with client.get("/static/base.css") as styles:  # of every page, whichever there are
        assert styles.status_code == 200


def test_a_route_that_forgot_its_scope_is_for_administrators(keyed: Flask) -> None:
    keyed.add_url_rule("/forgotten", view_func=lambda: "x")
    assert_problem(keyed.test_client().get("/forgotten"), 401, "key_missing")
    assert_problem(client_with(keyed, "search").get("/forgotten"), 403, "scope_missing")
    assert client_with(keyed, "admin").get("/forgotten").status_code == 200


def test_without_keys_only_this_machine_is_answered(client: FlaskClient) -> None:
    for path in ("/v1/search?text=red", "/v1/items/red-dress", "/metrics"):
        assert_problem(client.get(path, environ_overrides=ELSEWHERE), 401, "key_missing")
        assert client.get(path, environ_overrides={"REMOTE_ADDR": "::1"}).status_code == 200
    page = client.get("/?text=red", environ_overrides=ELSEWHERE)
    assert page.status_code == 401 and page.mimetype == "text/html"


def test_forwarded_addresses_count_only_behind_trusted_proxies(
    shop_index: ItemIndex, colours: ColourEncoder
) -> None:
    sent = {"X-Forwarded-For": "203.0.113.7"}
    alone = app_with(shop_index, colours).test_client()
    assert alone.get("/v1/search", headers=sent).status_code == 200
    pretended = {"X-Forwarded-For": "127.0.0.1"}
    refused = alone.get("/v1/search", headers=pretended, environ_overrides=ELSEWHERE)
    assert_problem(refused, 401, "key_missing")
    behind = app_with(shop_index, colours, trusted_proxies=1).test_client()
    assert_problem(behind.get("/v1/search", headers=sent), 401, "key_missing")
    # What the client itself wrote stands to the left of what the proxy has added.
    forged = {"X-Forwarded-For": "127.0.0.1, 203.0.113.7"}
    assert_problem(behind.get("/v1/search", headers=forged), 401, "key_missing")


def test_neither_keys_nor_bodies_are_logged(keyed: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        client_with(keyed, "search").post("/v1/search", json={"query": [{"text": "secret wish"}]})
        keyed.test_client().get("/v1/search?text=secret+wish", headers=bearer("wrong-0123456789abcdef"))
        client_with(keyed, "search").post("/v1/search", data="secret wish")
    ours = [record.getMessage() for record in caplog.records]
    assert len(ours) >= 3
    for line in ours:
        assert "0123456789abcdef" not in line and "wish" not in line


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]"])  # noqa: S104 - what is refused here
def test_a_public_address_without_keys_is_refused_in_one_line(host: str) -> None:
    result = run_program("-m", "gunicorn", environ={"HOST": host, "PORT": str(free_port())})
    assert result.returncode == 1
    (line,) = [line for line in result.stderr.splitlines() if "Starting gunicorn" not in line]
    assert "without API_KEYS others must not reach this service" in line
    assert f"HOST is {host.strip('[]')}:" in line
