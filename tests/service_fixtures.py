"""Fixtures of the service's tests: the app over a filled index in a real store, with an encoder of colours.

A test module takes them by `pytest_plugins`.
"""

import uuid
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from catalog.collection import connect
from catalog.index import ItemIndex
from service.app import create_app
from tests import boutique as boutique_shop
from tests.service_doubles import ColourEncoder
from tests.service_shop import SHOP, SHOP_ALIAS, fill, settings_for


@pytest.fixture(scope="session")
def colours() -> ColourEncoder:
    return ColourEncoder()


@pytest.fixture(scope="session")
def shop_index(store_url: str, colours: ColourEncoder) -> Iterator[ItemIndex]:
    client = connect(settings_for(store_url))
    index = ItemIndex(client, store_url, SHOP_ALIAS, colours)
    fill(index, colours, SHOP)
    yield index
    client.close()


@pytest.fixture(scope="session")
def shop(
    store_url: str, colours: ColourEncoder, shop_index: ItemIndex, tmp_path_factory: pytest.TempPathFactory
) -> Flask:
    thumbnails = tmp_path_factory.mktemp("thumbnails")
    settings = settings_for(
        store_url, thumbnail_dir=thumbnails, max_image_bytes=200_000, max_image_pixels=1_000_000
    )
    return create_app(settings, colours, shop_index)


@pytest.fixture
def client(shop: Flask) -> FlaskClient:
    return shop.test_client()


@pytest.fixture(scope="session")
def boutique_index(store_url: str, colours: ColourEncoder) -> Iterator[ItemIndex]:
    """The catalogue of tests/boutique.py; nobody writes to it."""
    client = connect(settings_for(store_url, qdrant_timeout_s=30))
    index = ItemIndex(client, store_url, "boutique", colours)
    boutique_shop.stock(index, boutique_shop.catalogue())
    yield index
    client.close()


@pytest.fixture(scope="session")
def boutique(store_url: str, colours: ColourEncoder, boutique_index: ItemIndex) -> FlaskClient:
    return create_app(settings_for(store_url), colours, boutique_index).test_client()


@pytest.fixture
def market(store_url: str, colours: ColourEncoder) -> Iterator[tuple[FlaskClient, ItemIndex]]:
    """A service over an index of the test's own, empty at first."""
    client = connect(settings_for(store_url, qdrant_timeout_s=30))
    index = ItemIndex(client, store_url, f"market-{uuid.uuid4().hex[:12]}", colours)
    index.ensure()
    yield create_app(settings_for(store_url), colours, index).test_client(), index
    client.delete_collection(index.version())
    client.close()
