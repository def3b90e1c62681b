"""Fixtures of the tests of reindex: a second model, and what ingests a small shop."""

from pathlib import Path

import pytest

from catalog.encoder import Encoder, open_encoder
from catalog.index import ItemIndex
from catalog.known_encoders import KnownEncoders
from catalog.settings import Settings
from ingest.report import Report
from ingest.run import RunOptions, run_feeds
from tests.clip_models import SMALL, save_clip
from tests.reindex_shop import RunFeed, Shop


@pytest.fixture(scope="session")
def second_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small CLIP with random weights."""
    return save_clip(tmp_path_factory.mktemp("models") / "second", **SMALL)


@pytest.fixture(scope="session")
def second_encoder(second_model: Path) -> Encoder:
    return open_encoder(Settings(_env_file=None, clip_model=str(second_model)))


@pytest.fixture
def small_shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "feed")


@pytest.fixture
def run_feed(settings: Settings, encoder: Encoder, index: ItemIndex) -> RunFeed:
    """Ingests a feed as a process of its own would, which lives on between two runs."""
    encoders = KnownEncoders(settings, encoder)

    def run(feed: str) -> Report:
        (report,) = run_feeds([feed], settings, lambda report: None, RunOptions(), encoders)
        assert report.ok, report.lines()
        return report

    return run


@pytest.fixture
def stocked(small_shop: Shop, run_feed: RunFeed) -> Shop:
    """The small shop with four items, ingested."""
    for n in range(4):
        small_shop.put(f"A{n}", n)
    run_feed(small_shop.feed())
    return small_shop
