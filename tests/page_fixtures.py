"""The sample catalogue in a real store, behind the real model, for tests of the page in a browser.

A test module takes them by `pytest_plugins`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from catalog.encoder import Encoder
from catalog.settings import Settings
from service.app import create_app
from tests.browsing import looking
from tests.drawn_sample import drawn_sample
from tests.processes import environ_of, run_program
from tests.served import served

pytest_plugins = ("tests.browser_fixtures",)


@pytest.fixture(scope="session")
def sample(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drawn_sample(request, tmp_path_factory)


@pytest.fixture(scope="session")
def sample_settings(sample: Path, store_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Of a service over the sample, which is ingested now."""
    folder = tmp_path_factory.mktemp("sample-service")
    settings = Settings(
        _env_file=None, qdrant_url=store_url, index_alias="sample", state_dir=folder / "state",
        thumbnail_dir=folder / "thumbnails", rate_limit="off",
    )  # fmt: skip
    command = ("-m", "ingest", "run", sample / "products.csv")
    done = run_program(*command, environ=environ_of(settings), timeout_s=300)
    assert done.returncode == 0, done.stderr
    return settings


@pytest.fixture(scope="session")
def sample_app(sample_settings: Settings, encoder: Encoder) -> Flask:
    return create_app(sample_settings, encoder)


@pytest.fixture(scope="session")
def address(sample_app: Flask) -> Iterator[str]:
    with served(sample_app) as url:
        yield url


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with looking(browser, address) as opened:
        yield opened
