"""The service follows a change of the model: which one answers, and what happens when it cannot be loaded."""

import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from catalog.index import ItemIndex
from catalog.settings import Settings
from ingest.reindex import reindex as reindex_module
from ingest.reindex.reindex import ReindexOptions, reindex
from service import following
from service.app import create_app
from service.searcher import current_searcher
from tests.assertions import assert_problem
from tests.reindex_shop import Shop

pytest_plugins = ["tests.reindex_fixtures"]

CUTOFFS = "text=-1,drop=2,picture=-1,words=0.1"


@pytest.fixture(autouse=True)
def aliases_are_looked_up_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ingest.reindex.reindex", "catalog.versions", "service.following"):
        monkeypatch.setattr(f"{name}.ALIAS_TRUSTED_S", 0.0)
    monkeypatch.setattr(reindex_module, "_LAST_WRITES_S", 0.0)


@pytest.fixture
def own_model(second_model: Path, tmp_path: Path) -> Path:
    """The second model in a place from which it can be taken away."""
    return Path(shutil.copytree(second_model, tmp_path / "own"))


@pytest.fixture
def app(settings: Settings, stocked: Shop) -> Flask:
    return create_app(settings)


def change(settings: Settings, model: object, **options: Any) -> None:
    reindex(settings, str(model), ReindexOptions(**options))


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def ready(app: Flask) -> Any:
    return app.test_client().get("/readyz").json


def test_a_request_keeps_its_model_to_the_end(app: Flask, settings: Settings, own_model: Path) -> None:
    # The other requests in a thread of their own, since here they would be part of this one.
    with ThreadPoolExecutor(1) as others, app.test_request_context("/v1/search"):
        before = current_searcher()
        change(settings, own_model)
        eventually(lambda: others.submit(ready, app).result()["model"] == "own")
        assert current_searcher() is before
        assert before.encoder.name == "compact" and before.index.count({}) == 4
    answer = app.test_client().get("/v1/search?text=red").json
    assert answer["model"] == "own" and "-own-" in answer["index_version"]
    assert len(answer["items"]) == 4


def test_a_cursor_belongs_to_the_collection_that_it_began_in(
    app: Flask, settings: Settings, own_model: Path
) -> None:
    client = app.test_client()
    cursor = client.get("/v1/search?text=red&limit=2").json["next_cursor"]
    change(settings, own_model)
    eventually(lambda: ready(app)["model"] == "own")
    again = client.get(f"/v1/search?text=red&limit=2&cursor={cursor}")
    assert_problem(again, 410, "cursor_expired")


def test_what_is_confident_is_told_by_the_cutoffs_of_the_model_that_answers(
    app: Flask, settings: Settings, own_model: Path
) -> None:
    client = app.test_client()
    assert client.get("/v1/search?text=red").json["confident"] is not None
    change(settings, own_model, cutoffs=CUTOFFS)
    eventually(lambda: ready(app)["model"] == "own")
    assert client.get("/v1/search?text=red").json["confident"] is True
    assert len(client.get("/v1/search?text=red&confident_only=true").json["items"]) == 4


def test_a_model_that_is_not_here_leaves_the_old_one_answering_until_it_comes(
    app: Flask, settings: Settings, index: ItemIndex, own_model: Path, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    old = ready(app)["index_version"]
    change(settings, own_model)
    away = own_model.rename(own_model.with_name("away"))
    eventually(lambda: ready(app) is not None and "cannot be loaded" in caplog.text)
    assert "searches stay with the model compact" in caplog.text and str(own_model) in caplog.text
    assert ready(app) == {"status": "ready", "model": "compact", "index_version": old}
    assert len(app.test_client().get("/v1/search?text=red").json["items"]) == 4
    assert caplog.text.count("cannot be loaded") == 1, "once a minute, not with each request"

    index.versions.drop(old)
    assert_problem(app.test_client().get("/readyz"), 409, "model_mismatch")
    away.rename(own_model)
    monkeypatch.setattr(following, "RETRY_S", 0.0)
    current_follower(app)._retry_at = 0.0
    eventually(lambda: ready(app).get("model") == "own")


def current_follower(app: Flask) -> following.Follower:
    follower: following.Follower = app.extensions["choose_searcher"].__self__
    return follower


def test_a_process_that_starts_with_the_old_model_answers_with_the_new_one(
    app: Flask, settings: Settings, own_model: Path, caplog: pytest.LogCaptureFixture
) -> None:
    change(settings, own_model)
    late = create_app(settings)
    assert ready(late)["model"] == "own"
    assert (
        f"set CLIP_MODEL={own_model}" in caplog.text and f"CLIP_MODEL is {settings.clip_model}" in caplog.text
    )


def test_the_same_model_in_another_collection_is_followed_at_once(
    app: Flask, settings: Settings, index: ItemIndex
) -> None:
    before = ready(app)
    change(settings, settings.clip_model, again=True, keep=timedelta())
    after = ready(app)
    assert after["model"] == before["model"] and after["index_version"] != before["index_version"]
