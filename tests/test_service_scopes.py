"""Every route and who may call it: a new route fails here until somebody has decided."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

from catalog.index import ItemIndex
from tests.service_doubles import ColourEncoder
from tests.service_keys import API_KEYS, ELSEWHERE, KEYS, app_with, bearer

pytest_plugins = ["tests.service_fixtures"]

# None: whoever asks. Written down here once more, on purpose: what the code says is what is tested.
DECIDED: dict[str, str | None] = {
    **dict.fromkeys(
        ("search.search", "search.search_by_address", "search.search_batch", "search.recommend",
         "catalogue.facets", "catalogue.stats", "items.item", "items.similar"), "search"),
    **dict.fromkeys(
        ("writes.put", "writes.patch", "writes.delete", "writes.batch", "ingests.ingest"), "write"),
    **dict.fromkeys(
        ("metrics.figures", "admin.operator_page", "admin.sessions.sign_out",
         "admin.actions.settle_dead_letters"), "admin"),
    **dict.fromkeys(
        ("health.alive", "health.ready", "docs.api_document", "docs.docs_page", "docs.docs_file",
         "thumbnails.thumbnail", "admin.sessions.sign_in",
         "pages.search_page", "pages.upload_page", "static_files.static_file")),
}  # fmt: skip
_VALUES = {"item_id": "red-dress", "sha256": "0" * 64, "ingest_id": "0" * 32}


@pytest.fixture(scope="module")
def keyed(shop_index: ItemIndex, colours: ColourEncoder, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    state = tmp_path_factory.mktemp("state")
    return app_with(shop_index, colours, api_keys=API_KEYS, search_page="on", state_dir=state)


def calls_of(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Endpoint, method and a path, of every route."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            yield rule.endpoint, method, adapter.build(rule.endpoint, _values(rule), method)


def _values(rule: Rule) -> dict[str, str]:
    names = {"name": next(iter(rule._converters["name"].items))} if "name" in rule.arguments else {}
    return {name: names.get(name) or _VALUES[name] for name in rule.arguments}


def status(app: Flask, method: str, path: str, key: str | None) -> int:
    """A form with a good key, so that signing in has nothing to refuse."""
    options = {"data": {"key": KEYS["admin"]}} if path == "/admin/sign-in" else {}
    headers = bearer(key) if key is not None else {}
    with app.test_client() as client, client.open(path, method=method, headers=headers, **options) as answer:
        return answer.status_code


def test_somebody_has_decided_about_every_route(keyed: Flask) -> None:
    assert {endpoint for endpoint, _, _ in calls_of(keyed)} == set(DECIDED)


@pytest.mark.parametrize("sent", [None, "wrong", "search", "write", "admin"])
def test_every_route_answers_to_its_scope_and_refuses_the_others(keyed: Flask, sent: str | None) -> None:
    key = KEYS.get(sent, "wrong-0123456789abcdef") if sent is not None else None
    for endpoint, method, path in calls_of(keyed):
        scope = DECIDED[endpoint]
        refusal = 401 if sent in (None, "wrong") else 403
        expected = None if scope in (None, sent) or sent == "admin" else refusal
        found = status(keyed, method, path, key)
        if expected is None:
            assert found < 500 and found not in (401, 403), (endpoint, method, sent, found)
        else:
            assert found == expected, (endpoint, method, sent, found)


def test_without_keys_every_route_is_closed_to_others(
    shop_index: ItemIndex, colours: ColourEncoder, tmp_path: Path
) -> None:
    open_app = app_with(shop_index, colours, state_dir=tmp_path)
    for environ in (ELSEWHERE, {"HTTP_HOST": "rebound.example"}, {"HTTP_HOST": "127.0.0.1.example:8000"}):
        for _, method, path in calls_of(open_app):
            with open_app.test_client().open(path, method=method, environ_overrides=environ) as answer:
                assert answer.status_code == 401, (environ, method, path)
    for host in ("localhost:8000", "127.0.0.1:8000", "[::1]:8000"):
        assert open_app.test_client().get("/healthz", headers={"Host": host}).status_code == 200


def test_every_answer_has_its_headers(keyed: Flask) -> None:
    calls = [*calls_of(keyed), ("", "GET", "/nowhere"), ("", "DELETE", "/healthz")]
    for _, method, path in calls:
        for key in (None, KEYS["admin"]):
            headers = bearer(key) if key is not None else {}
            with keyed.test_client().open(path, method=method, headers=headers) as answer:
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["Referrer-Policy"] == "same-origin"
                policy = answer.headers["Content-Security-Policy"]
                assert "frame-ancestors" in policy
                assert "Strict-Transport-Security" not in answer.headers
                if answer.mimetype != "text/html":
                    assert answer.headers["Content-Security-Policy"].startswith(
                        "default-src 'none'; base-uri"
                    )


def test_browsers_are_told_to_stay_with_tls_where_a_proxy_speaks_it(
    shop_index: ItemIndex, colours: ColourEncoder
) -> None:
    behind = app_with(shop_index, colours, api_keys=API_KEYS, trusted_proxies=1).test_client()
    told = {"X-Forwarded-Proto": "https"}
    assert "max-age=" in behind.get("/healthz", headers=told).headers["Strict-Transport-Security"]
    alone = app_with(shop_index, colours, api_keys=API_KEYS).test_client()
    assert "Strict-Transport-Security" not in alone.get("/healthz", headers=told).headers
