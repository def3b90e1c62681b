"""The sample of the collection that a query is judged against."""

from datetime import UTC, datetime

import numpy as np
import pytest
from flask.testing import FlaskClient

from catalog import background as background_module
from catalog.background import SAMPLE_SIZE, Background
from catalog.collection import LiveCollection, connect
from catalog.index import ItemIndex
from tests.boutique import catalogue, points_of, stock, vectors_of
from tests.service_doubles import ColourEncoder
from tests.service_shop import settings_for

pytest_plugins = ["tests.service_fixtures"]

Market = tuple[FlaskClient, ItemIndex]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def sample_of_another_process(store_url: str, alias: str) -> np.ndarray:  # type: ignore[type-arg]
    client = connect(settings_for(store_url))
    vectors = Background(LiveCollection(client, store_url, alias, ColourEncoder())).vectors()
    client.close()
    return vectors


def test_every_process_draws_the_same_sample(boutique_index: ItemIndex, store_url: str) -> None:
    here = boutique_index.background.vectors()
    assert here.shape == (sum(len(item["images"]) for item in catalogue()), ColourEncoder.dimension)
    assert np.array_equal(here, sample_of_another_process(store_url, "boutique"))


def test_the_mean_cosine_is_that_of_the_sample(boutique_index: ItemIndex) -> None:
    vector = vectors_of(catalogue()[0])[0]
    expected = float((boutique_index.background.vectors() @ vector).mean())
    assert boutique_index.background.mean_cosine(vector) == pytest.approx(expected, abs=1e-6)


def test_a_large_collection_is_sampled_at_random_and_each_process_alike(
    market: Market, store_url: str
) -> None:
    _, index = market
    items = [
        {"id": f"item-{n}", "title": "T", "category": "c", "images": ["a.jpg"]}
        for n in range(SAMPLE_SIZE + 300)
    ]
    stock(index, items)
    sample = index.background.vectors()
    assert sample.shape == (SAMPLE_SIZE, ColourEncoder.dimension)
    alias = index.version().removesuffix("-colours-1")
    assert np.array_equal(sample, sample_of_another_process(store_url, alias))
    everyone = np.concatenate([vectors_of(item) for item in items])
    query = vectors_of(items[3])[0]
    assert float((everyone @ query).mean()) == pytest.approx(index.background.mean_cosine(query), abs=0.06)


def test_an_empty_collection_has_an_empty_sample(market: Market) -> None:
    _, index = market
    assert len(index.background.vectors()) == 0
    assert index.background.mean_cosine(vectors_of(catalogue()[0])[0]) == 0.0


def test_a_small_sample_is_drawn_again_after_a_while(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background_module, "_KEPT_WHILE_SMALL_S", 0.0)
    _, index = market
    assert len(index.background.vectors()) == 0
    index.upsert(points_of(catalogue()[0], NOW))
    assert len(index.background.vectors()) == len(catalogue()[0]["images"])


def test_a_sample_is_kept_meanwhile(market: Market) -> None:
    _, index = market
    index.upsert(points_of(catalogue()[0], NOW))
    before = index.background.vectors()
    index.upsert(points_of(catalogue()[1], NOW))
    assert index.background.vectors() is before
