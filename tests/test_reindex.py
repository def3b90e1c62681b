"""`python -m ingest reindex`: where pictures come from, what is refused, what is kept and what is dropped."""

import functools
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from catalog.encoder import Encoder
from catalog.index import ItemIndex
from catalog.known_encoders import KnownEncoders
from catalog.settings import Settings
from catalog.thumbnails import thumbnail_path
from ingest.reindex import reindex as reindex_module
from ingest.reindex.command import reindex_command
from ingest.reindex.errors import ReindexRefused
from ingest.reindex.kept import drop, duration, status_lines, tidy
from ingest.reindex.reindex import ReindexOptions, reindex, roll_back
from ingest.run import RunOptions, run_feeds
from ingest.turns import only_reindex
from tests.processes import run_program
from tests.reindex_shop import RunFeed, Shop, picture_of

pytest_plugins = ["tests.reindex_fixtures"]

ITEMS = 12

Reindex = Callable[..., str]


@pytest.fixture(autouse=True)
def no_other_process_looks_aliases_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reindex_module, "ALIAS_TRUSTED_S", 0.0)
    monkeypatch.setattr(reindex_module, "_LAST_WRITES_S", 0.0)


@pytest.fixture
def stocked(small_shop: Shop, run_feed: RunFeed) -> Shop:
    for n in range(ITEMS):
        small_shop.put(f"A{n}", n)
    run_feed(small_shop.feed())
    return small_shop


@pytest.fixture
def change(settings: Settings, second_model: Path) -> Reindex:
    """Reindexes with the second model, or another one."""

    def run(model: str | None = None, **options: Any) -> str:
        return "\n".join(reindex(settings, model or str(second_model), ReindexOptions(**options)))

    return run


def live_of(index: ItemIndex) -> str:
    live = index.versions.live()
    assert live is not None
    return live.name


def sha_of(index: ItemIndex, item_id: str) -> str:
    return str(index.get_item(item_id)["image_sha256"])


@pytest.mark.usefixtures("stocked")
def test_the_same_model_is_not_built_again_unless_that_is_asked_for(
    settings: Settings, index: ItemIndex, change: Reindex, stocked: Shop
) -> None:
    before, name = index.image_vectors([point.id for point in index.points()]), live_of(index)
    assert "already; --again builds it anew" in change(settings.clip_model)
    assert [one.state for one in index.versions.all()] in ([], ["live"])
    for path in [*stocked.folder.glob("*.jpg"), *settings.thumbnail_dir.rglob("*.jpg")]:
        path.unlink()  # the same model has seen them all already
    report = change(settings.clip_model, again=True)
    assert "vectors copied   12" in report and "embedded" not in report
    index.collection.forget()
    assert live_of(index) != name
    after = index.image_vectors(list(before))
    assert all(np.allclose(after[i], before[i], atol=1e-6) for i in before)


def test_a_picture_that_is_gone_or_another_now_is_taken_from_its_thumbnail_or_its_item_is_lost(
    settings: Settings, index: ItemIndex, stocked: Shop, change: Reindex, second_encoder: Encoder,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    name = live_of(index)
    (stocked.folder / "1.jpg").unlink()
    (stocked.folder / "2.jpg").write_bytes((stocked.folder / "7.jpg").read_bytes())
    (stocked.folder / "3.jpg").unlink()
    thumbnail_path(settings.thumbnail_dir, sha_of(index, "A3")).unlink()
    with pytest.raises(ReindexRefused, match="1 items would be lost"):
        change()
    assert "id 'A3', picture '3.jpg': 3.jpg: cannot be read" in caplog.text
    assert live_of(index) == name
    building = index.versions.building()
    assert building is not None and building.pictures == ITEMS - 1

    report = change(lose_at_most=1)
    assert "already there    11 pictures" in report and "lost             1 items" in report
    assert "11 of 12" in report
    new = index.at(live_of(index), second_encoder)
    assert sorted(new.points_of([f"A{n}" for n in range(ITEMS)])) == sorted(
        f"A{n}" for n in range(ITEMS) if n != 3
    )
    vectors = second_encoder.encode_images([picture_of(2), picture_of(7)])
    assert float(new.item_vector("A2") @ vectors[0]) > float(new.item_vector("A2") @ vectors[1])
    assert new.get_item("A2")["image_sha256"] == sha_of(index.at(name), "A2")


@pytest.fixture
def picture_server(tmp_path: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=tmp_path / "feed")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_pictures_by_address_are_fetched_again(
    settings: Settings, index: ItemIndex, small_shop: Shop, second_model: Path, picture_server: str,
    second_encoder: Encoder, encoder: Encoder,
) -> None:  # fmt: skip
    port = int(picture_server.rpartition(":")[2])
    update = {"image_private_hosts": ("127.0.0.1",), "image_ports": (port,)}
    private = settings.model_copy(update=update)
    small_shop.put("A1", 1)
    feed = small_shop.folder / "remote.jsonl"
    feed.write_text(f'{{"id": "A1", "title": "T", "category": "c", "images": ["{picture_server}/1.jpg"]}}\n')
    (report,) = run_feeds(
        [str(feed)], private, lambda report: None, RunOptions(), KnownEncoders(private, encoder)
    )
    assert report.ok
    for path in settings.thumbnail_dir.rglob("*.jpg"):
        path.unlink()
    reindex(private, str(second_model), ReindexOptions())
    (vector,) = second_encoder.encode_images([picture_of(1)])
    assert float(index.at(live_of(index), second_encoder).item_vector("A1") @ vector) > 0.99


def test_what_is_in_the_copy_and_wrong_is_mended_before_the_switch(
    index: ItemIndex, stocked: Shop, change: Reindex, second_encoder: Encoder
) -> None:
    (stocked.folder / "3.jpg").rename(stocked.folder / "aside.jpg")
    thumbnails = [path for path in index_thumbnails(index, stocked, "A3")]
    with pytest.raises(ReindexRefused):
        change()
    for path in thumbnails:
        assert not path.exists()
    building = index.versions.building()
    assert building is not None
    copy = index.at(building.name, second_encoder)
    points = copy.points_of(["A1", "A2"])
    (stale,), (gone,) = points["A1"], points["A2"]
    copy.overwrite_payloads({stale.id: {**stale.payload, "price": 99.0}})
    index.delete_points([gone.id])  # by a writer that has not heard of the copy
    (stocked.folder / "aside.jpg").rename(stocked.folder / "3.jpg")
    change()
    new = index.at(live_of(index), second_encoder)
    assert new.get_item("A1")["price"] == 1.0
    assert set(new.points_of(["A2", "A3"])) == {"A3"}


def index_thumbnails(index: ItemIndex, stocked: Shop, item_id: str) -> list[Path]:
    """Those of an item, which are removed."""
    folder = stocked.folder.parent / "thumbnails"
    path = thumbnail_path(folder, sha_of(index, item_id))
    path.unlink()
    return [path]


def test_one_reindex_at_a_time_and_one_model(
    settings: Settings, index: ItemIndex, stocked: Shop, change: Reindex
) -> None:
    with only_reindex(settings), pytest.raises(ReindexRefused, match="Another reindex"):
        change()
    index_thumbnails(index, stocked, "A1")
    (stocked.folder / "1.jpg").unlink()
    with pytest.raises(ReindexRefused, match="would be lost"):
        change()
    with pytest.raises(ReindexRefused, match="is being built for the model 'second'"):
        change(settings.clip_model, again=True)
    with pytest.raises(ReindexRefused, match="finish that, or give it up"):
        roll_back(settings, ReindexOptions())
    building = index.versions.building()
    assert building is not None
    assert f"{building.name}: building, model second" in "\n".join(status_lines(index.versions))
    with pytest.raises(ReindexRefused, match="is live"):
        drop(index.versions, live_of(index))
    with pytest.raises(ReindexRefused, match="no such collection"):
        drop(index.versions, "elsewhere")
    drop(index.versions, building.name)
    assert index.versions.building() is None
    with pytest.raises(ReindexRefused, match="Nothing was kept"):
        roll_back(settings, ReindexOptions())


@pytest.mark.usefixtures("stocked")
def test_what_was_replaced_is_kept_for_its_time_and_dropped_by_the_worker(
    settings: Settings, index: ItemIndex, change: Reindex
) -> None:
    old = live_of(index)
    change(keep=timedelta(days=7))
    tidy(settings)
    assert index.versions.find(old) is not None
    new = live_of(index)
    assert f"{new} is kept for 0:00:00" in "\n".join(roll_back(settings, ReindexOptions(keep=timedelta())))
    assert live_of(index) == old
    wait_a_second = threading.Event()
    wait_a_second.wait(1.1)  # moments are kept in whole seconds
    tidy(settings)
    assert index.versions.find(new) is None and live_of(index) == old


def test_the_command_says_what_it_wants(settings: Settings, tmp_path: Path) -> None:
    environ = {
        "QDRANT_URL": settings.qdrant_url, "INDEX_ALIAS": settings.index_alias, "STATE_DIR": str(tmp_path),
    }  # fmt: skip
    early = run_program("-m", "ingest", "reindex", "--model", settings.clip_model, environ=environ)
    assert early.returncode == 2 and "Error: Nothing is indexed yet" in early.stderr
    runner = CliRunner(env=environ)
    none = runner.invoke(reindex_command, [])
    assert none.exit_code == 2 and "Say one of --model MODEL" in none.output
    empty = runner.invoke(reindex_command, ["--status"])
    assert (empty.exit_code, empty.output) == (0, "nothing is indexed yet\n")
    wrong = runner.invoke(reindex_command, ["--roll-back", "--keep", "long"])
    assert wrong.exit_code == 2 and "'long' should be a number and a unit" in wrong.output


@pytest.mark.parametrize(("text", "seconds"), [("7d", 604_800), ("12h", 43_200), ("90s", 90), ("0", 0)])
def test_durations(text: str, seconds: int) -> None:
    assert duration(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "7", "d", "-1d", "1.5h", "7 days"])
def test_other_texts_are_no_durations(text: str) -> None:
    with pytest.raises(ValueError, match="should be a number and a unit"):
        duration(text)
