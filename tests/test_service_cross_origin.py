"""Which sites' pages may call the API from a browser."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from catalog.errors import SettingInvalid
from catalog.index import ItemIndex
from catalog.settings import read_settings
from tests.assertions import assert_problem
from tests.service_doubles import ColourEncoder
from tests.service_keys import API_KEYS, app_with, client_with

pytest_plugins = ["tests.service_fixtures"]

SHOP_SITE, OTHER_SITE = "https://shop.example", "https://evil.example"
ALLOWED = "Access-Control-Allow-Origin"


@pytest.fixture
def listed(shop_index: ItemIndex, colours: ColourEncoder) -> Flask:
    return app_with(
        shop_index,
        colours,
        api_keys=API_KEYS,
        cors_origins=(SHOP_SITE, "http://localhost:3000"),
        rate_limit="4/hour",
    )


def preflight(client: FlaskClient, origin: str) -> "dict[str, str]":
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type, x-request-id",
    }
    response = client.options("/v1/search", headers=asked)
    assert response.status_code == 200
    return dict(response.headers)


def test_a_preflight_is_answered_without_a_key(listed: Flask) -> None:
    headers = preflight(listed.test_client(), SHOP_SITE)
    assert headers[ALLOWED] == SHOP_SITE
    assert "POST" in headers["Access-Control-Allow-Methods"]
    assert {"authorization", "content-type", "x-request-id"} == set(
        headers["Access-Control-Allow-Headers"].lower().split(", ")
    )
    assert "Access-Control-Allow-Credentials" not in headers
    assert int(headers["Access-Control-Max-Age"]) > 0


def test_only_listed_sites_may_read(listed: Flask) -> None:
    client = client_with(listed, "search")
    answer = client.get("/v1/search", headers={"Origin": SHOP_SITE})
    assert answer.headers[ALLOWED] == SHOP_SITE
    assert "X-Request-ID" in answer.headers["Access-Control-Expose-Headers"]
    assert "Origin" in answer.headers["Vary"]
    for origin in (OTHER_SITE, "null", "https://shop.example.evil.example", "http://shop.example"):
        assert ALLOWED not in preflight(client, origin)
    assert ALLOWED not in client.get("/v1/search", headers={"Origin": OTHER_SITE}).headers
    assert ALLOWED not in client.get("/v1/search").headers


def test_errors_can_be_read_too(listed: Flask) -> None:
    sent = {"Origin": SHOP_SITE}
    refused = listed.test_client().get("/v1/search", headers=sent)
    assert_problem(refused, 401, "key_missing")
    malformed = client_with(listed, "search").post(
        "/v1/search", data="{", headers=sent, content_type="application/json"
    )
    assert_problem(malformed, 400, "malformed_json")
    unknown = listed.test_client().get("/v2", headers=sent)
    assert_problem(unknown, 404, "not_found")
    for _ in range(4):
        limited = client_with(listed, "search").get("/v1/search", headers=sent)
    assert_problem(limited, 429, "rate_limited")
    for response in (refused, malformed, unknown, limited):
        assert response.headers[ALLOWED] == SHOP_SITE
        assert "Retry-After" in response.headers["Access-Control-Expose-Headers"]


def test_a_star_lets_every_site_in_and_no_list_none(shop_index: ItemIndex, colours: ColourEncoder) -> None:
    every = app_with(shop_index, colours, cors_origins=("*",)).test_client()
    assert every.get("/v1/search", headers={"Origin": OTHER_SITE}).headers[ALLOWED] in ("*", OTHER_SITE)
    none = app_with(shop_index, colours).test_client()
    assert ALLOWED not in none.get("/v1/search", headers={"Origin": SHOP_SITE}).headers


@pytest.mark.parametrize("value", ["shop.example", "https://shop.example/", "https://*.shop.example", "null"])
def test_what_is_no_origin_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ORIGINS", f"{SHOP_SITE}, {value}")
    with pytest.raises(SettingInvalid, match=r"^CORS_ORIGINS\.1: "):
        read_settings()
