"""Requests to the service over a real store: whatever comes is answered as the contract says."""

import os
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import orjson
from flask.testing import FlaskClient

from catalog.collection import connect
from catalog.index import ItemIndex
from service.app import create_app
from service.cursor import Cursor
from tests.service_doubles import ColourEncoder
from tests.service_shop import SHOP, SHOP_ALIAS, fill, settings_for

STORE = "FUZZ_STORE_URL"

# The last byte of an input chooses; what stands before it is the body, or with GET what follows the path.
CALLS = (
    ("POST", "/v1/search"),
    ("POST", "/v1/search/batch"),
    ("POST", "/v1/recommend"),
    ("GET", "/v1/search?"),
    ("GET", "/v1/search?cursor="),
    ("GET", "/v1/facets?"),
    ("GET", "/v1/items/"),
    ("PUT", "/v1/items/a"),
    ("PATCH", "/v1/items/a"),
    ("POST", "/v1/items/batch"),
    ("GET", "/v1/ingests/"),
)


def ask(content: bytes) -> None:
    if not content:
        return
    method, path = CALLS[content[-1] % len(CALLS)]
    if method == "GET":
        answer = _client().get(path + content[:-1].decode("latin-1"))
    else:
        answer = _client().open(path, method=method, data=content[:-1], content_type="application/json")
    if answer.status_code >= 400:
        assert answer.mimetype == "application/problem+json", answer.mimetype
        assert answer.status_code < 500, answer.text


_ITEM = {"title": "t", "category": "c", "images": ["https://a.example/a.jpg"], "price": 1.5, "version": 3}
_SEARCH = {
    "query": [{"text": "red dress", "weight": -0.5}, {"item_id": "a"}],
    "filter": {"price": {"lte": 80}, "brand": {"not": ["x"]}, "attributes.sleeve": {"not": "long"}},
    "facets": ["colour", "price"],
    "mode": "hybrid",
    "diversity": 0.2,
    "limit": 3,
}
_OPERATIONS = [
    {"op": "put", "item": {**_ITEM, "id": "b"}},
    {"op": "patch", "id": "b", "fields": {"price": 2}},
    {"op": "delete", "id": "b"},
]
_BODIES: dict[int, object] = {
    0: _SEARCH,
    1: {"searches": [_SEARCH, {"query": []}]},
    2: {"liked": ["red-dress"], "disliked": ["black-bag"]},
    7: _ITEM,
    8: {"price": None, "attributes": {"a": None}, "version": "2026-03-01T09:30:00Z"},
    9: {"operations": _OPERATIONS},
}
_ASKED = {
    3: "text=red+dress&category=a&price_lte=80&limit=3&facets=colour",
    5: "fields=category,brand&updated_at_gte=2026-01-01",
    6: "red-dress/similar?limit=2",
    10: "0" * 32,
}


def seeds() -> Iterator[bytes]:
    for call, body in _BODIES.items():
        yield orjson.dumps(body) + bytes([call])
    cursor = Cursor(b"8 bytes.", "shop-colours-1", frozenset([b"5byte"]), "2024-05-01T00:00:00Z").to_text()
    for call, text in (_ASKED | {4: f"{cursor}&limit=1"}).items():
        yield text.encode() + bytes([call])


@cache
def _client() -> FlaskClient:
    url, folder, encoder = os.environ[STORE], Path(tempfile.mkdtemp(prefix="fuzz-")), ColourEncoder()
    settings = settings_for(url, state_dir=folder, thumbnail_dir=folder, max_queued_writes=10_000_000)
    index = ItemIndex(connect(settings), url, SHOP_ALIAS, encoder)
    fill(index, encoder, SHOP)
    return create_app(settings, encoder, index).test_client()
