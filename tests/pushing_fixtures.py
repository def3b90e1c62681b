"""Fixtures of tests that push to one shop; each uses items of its own. Taken by `pytest_plugins`."""

import uuid
from collections.abc import Iterator

import pytest

from catalog.encoder import Encoder
from tests.pushing import Shop, shop_over


@pytest.fixture(scope="session")
def pushed(store_url: str, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop with one worker."""
    folder = tmp_path_factory.mktemp("shop")
    with shop_over(store_url, encoder, folder) as shop, shop.worker(folder / "worker.log"):
        shop.outcome(shop.put("first", shop.item()), timeout_s=90)
        yield shop


@pytest.fixture
def item_id() -> str:
    return f"item-{uuid.uuid4().hex[:8]}"
