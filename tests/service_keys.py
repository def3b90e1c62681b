"""Keys for the service's tests, and clients that send them."""

from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from catalog.api_keys import parse_api_keys
from catalog.index import ItemIndex
from service.app import create_app
from tests.service_doubles import ColourEncoder
from tests.service_shop import settings_for

KEYS = {scope: f"{scope}-0123456789abcdef" for scope in ("search", "write", "admin")}
API_KEYS = ",".join(f"{scope}:{key}" for scope, key in KEYS.items())
ELSEWHERE = {"REMOTE_ADDR": "203.0.113.7"}


def app_with(index: ItemIndex, encoder: ColourEncoder, **settings: Any) -> Flask:
    """The service over an index that is filled already; `api_keys` may be given as the setting's text."""
    if isinstance(settings.get("api_keys"), str):
        settings["api_keys"] = parse_api_keys(settings["api_keys"])
    return create_app(settings_for("http://127.0.0.1:9", **settings), encoder, index)


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def client_with(app: Flask, scope: str) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {KEYS[scope]}"
    return client
