"""ETag, Cache-Control, gzip and Vary: what may be kept, for how long, and in which coding."""

import gzip

import pytest
from flask import Flask
from flask.testing import FlaskClient

from catalog.images import image_sha256
from catalog.index import ItemIndex
from catalog.thumbnails import thumbnail_path, write_thumbnail
from tests.service_doubles import ColourEncoder, picture_bytes, plain
from tests.service_keys import API_KEYS, app_with, client_with

pytest_plugins = ["tests.service_fixtures"]

GETS = [
    "/v1/search?text=red&limit=1",
    "/v1/search",
    "/v1/items/red-dress",
    "/v1/items/red-dress/similar",
    "/openapi.json",
]
GZIP = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.mark.parametrize("path", GETS)
def test_an_answer_that_a_client_has_is_not_sent_again(client: FlaskClient, path: str) -> None:
    first = client.get(path)
    etag = first.headers["ETag"]
    assert etag.startswith('W/"') and first.headers["Cache-Control"] == "no-cache"
    assert client.get(path).headers["ETag"] == etag, "took_ms and request_id are no part of it"
    for sent in (etag, f'"other", {etag}', etag.removeprefix("W/"), "*"):
        again = client.get(path, headers={"If-None-Match": sent, **GZIP})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == etag and again.headers["X-Request-ID"]
        assert again.headers["Cache-Control"] == "no-cache" and "Accept-Encoding" in again.headers["Vary"]
    assert client.get(path, headers={"If-None-Match": 'W/"other"'}).status_code == 200
    assert client.head(path).headers["ETag"] == etag


def test_another_answer_has_another_tag(client: FlaskClient) -> None:
    paths = [
        "/v1/search?text=red",
        "/v1/search?text=blue",
        "/v1/search?text=red&limit=2",
        "/v1/items/red-dress",
    ]
    assert len({client.get(path).headers["ETag"] for path in paths}) == len(paths)


def test_only_answers_to_a_get_are_kept(client: FlaskClient) -> None:
    refused = [client.get("/v1/items/gone"), client.get("/v1/search?limit=0"), client.get("/v2")]
    posted = client.post("/v1/search", json={})
    for response in (*refused, posted, client.get("/healthz"), client.get("/readyz"), client.get("/metrics")):
        assert response.headers["Cache-Control"] == "no-store" and "ETag" not in response.headers


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, "no-cache"),
        ({"cache_max_age_s": 60}, "max-age=60"),
        ({"api_keys": API_KEYS}, "private, no-cache"),
        ({"api_keys": API_KEYS, "cache_max_age_s": 60}, "private, max-age=60"),
        ({"api_keys": API_KEYS, "cache_max_age_s": 60, "cache_public": True}, "public, max-age=60"),
    ],
)
def test_settings_say_who_may_keep_an_answer_for_how_long(
    shop_index: ItemIndex, colours: ColourEncoder, settings: dict[str, object], expected: str
) -> None:
    app = app_with(shop_index, colours, **settings)
    assert client_with(app, "search").get("/v1/search").headers["Cache-Control"] == expected
    assert client_with(app, "search").get("/v1/items/gone").headers["Cache-Control"] == "no-store"


def test_a_long_answer_is_sent_as_gzip_to_who_takes_it(client: FlaskClient) -> None:
    whole = client.get("/v1/search")
    small = client.get("/v1/search", headers=GZIP)
    assert "Content-Encoding" not in whole.headers and small.headers["Content-Encoding"] == "gzip"
    assert len(small.data) < 0.6 * len(whole.data) and int(small.headers["Content-Length"]) == len(small.data)
    assert gzip.decompress(small.data)[:10] == whole.data[:10]
    assert whole.headers["ETag"] == small.headers["ETag"]
    for response in (whole, small):
        assert "Accept-Encoding" in response.headers["Vary"]
    assert client.post("/v1/search", json={}, headers=GZIP).headers["Content-Encoding"] == "gzip"
    refused = client.get("/v1/search", headers={"Accept-Encoding": "gzip;q=0, identity"})
    assert "Content-Encoding" not in refused.headers


def test_a_short_answer_is_not_worth_it(client: FlaskClient) -> None:
    for path in ("/healthz", "/v1/items/red-dress", "/v1/items/gone"):
        response = client.get(path, headers=GZIP)
        assert "Content-Encoding" not in response.headers and "Accept-Encoding" in response.headers["Vary"]


def test_a_thumbnail_is_sent_as_it_is(shop: Flask, client: FlaskClient) -> None:
    sha256 = image_sha256(picture_bytes(plain("green")))
    write_thumbnail(plain("green", (900, 900)), thumbnail_path(shop.config["THUMBNAIL_DIR"], sha256), 480)
    with client.get(f"/v1/thumbnails/{sha256}", headers=GZIP) as response:
        assert response.status_code == 200 and "immutable" in response.headers["Cache-Control"]
        assert "Content-Encoding" not in response.headers and "Vary" not in response.headers


def test_files_of_the_pages_are_small_and_kept(client: FlaskClient) -> None:
    for path in ("/static/base.css", "/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js"):
        with client.get(path, headers=GZIP) as response:
            assert response.headers["Content-Encoding"] == "gzip"
            assert gzip.decompress(response.data)
            etag = response.headers["ETag"]
        with client.get(path, headers={"If-None-Match": etag, **GZIP}) as again:
            assert again.status_code == 304
