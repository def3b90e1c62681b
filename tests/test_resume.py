"""`run --resume`: what an interrupted run has finished is neither embedded nor looked at again."""

import sqlite3
from pathlib import Path
from typing import Any

import orjson
import pytest

from catalog.encoder import Encoder
from catalog.index import ItemIndex
from catalog.known_encoders import KnownEncoders
from catalog.settings import Settings
from ingest.finished import RESUMED_WITHIN_S
from ingest.report import Report
from ingest.run import RunOptions, finished, run_feeds
from tests.pictures import BLUE, jpeg

Rows = list[dict[str, Any]]
COUNT = 40


class Interrupted(Exception):
    pass


class Shop:
    """A feed, and runs over it."""

    def __init__(self, folder: Path, settings: Settings, encoder: Encoder) -> None:
        self.folder, self.settings, self.encoder = folder, settings, encoder
        self.rows: Rows = []
        for n in range(COUNT):
            self.picture(n).write_bytes(jpeg((5 * n, 90, 40)))
            row = {"id": f"A{n:02}", "title": f"Thing {n}", "category": "x", "image": f"{n}.jpg", "price": n}
            self.rows.append(row)

    def picture(self, number: int) -> Path:
        return self.folder / f"{number}.jpg"

    @property
    def feed(self) -> str:
        path = self.folder / "feed.jsonl"
        path.write_bytes(b"\n".join(map(orjson.dumps, self.rows)))
        return str(path)

    def run(self, resume: bool = True, after: int | None = None, **options: Any) -> Report:
        """`after`: interrupted once so many rows are written."""

        def on_progress(report: Report) -> None:
            if after is not None and report.read >= after:
                raise Interrupted

        chosen = RunOptions(resume=resume, **options)
        return run_feeds(
            [self.feed], self.settings, on_progress, chosen, KnownEncoders(self.settings, self.encoder)
        )[0]

    def interrupt(self, after: int = 16) -> None:
        with pytest.raises(Interrupted):
            self.run(resume=False, after=after)

    def forget_pictures(self, numbers: range) -> None:
        """So that a look at one of them fails."""
        for n in numbers:
            self.picture(n).unlink()

    @property
    def progress(self) -> Path:
        return finished([str(self.folder / "feed.jsonl")], self.settings, RunOptions())


@pytest.fixture
def shop(tmp_path: Path, settings: Settings, encoder: Encoder) -> Shop:
    return Shop(tmp_path, settings, encoder)


def test_what_is_finished_is_not_looked_at_again(shop: Shop, index: ItemIndex) -> None:
    shop.interrupt(after=16)
    shop.forget_pictures(range(16))
    report = shop.run()
    assert (report.resumed, report.items["unchanged"], report.items["embedded"]) == (16, 16, COUNT - 16)
    assert report.ok
    assert index.count({}) == COUNT
    assert not shop.progress.exists(), "the run has ended well"
    assert list(shop.settings.state_dir.glob("run-*")) == []


def test_without_resume_everything_is_looked_at(shop: Shop) -> None:
    shop.interrupt(after=16)
    shop.forget_pictures(range(16))
    assert shop.run(resume=False).problems == {"image_missing": 16}


def test_with_nothing_to_resume_it_is_a_plain_run(shop: Shop, index: ItemIndex) -> None:
    report = shop.run()
    assert (report.resumed, report.items["embedded"], index.count({})) == (0, COUNT, COUNT)


def test_a_run_can_be_interrupted_twice(shop: Shop) -> None:
    shop.interrupt(after=8)
    with pytest.raises(Interrupted):
        shop.run(after=24)
    shop.forget_pictures(range(24))
    report = shop.run()
    assert (report.resumed, report.items["unchanged"], report.ok) == (24, 24, True)


def test_a_row_that_differs_is_looked_at(shop: Shop, index: ItemIndex) -> None:
    shop.interrupt(after=16)
    shop.rows[3] |= {"price": 99, "image": "other.jpg"}
    shop.picture(3).with_name("other.jpg").write_bytes(jpeg(BLUE))
    shop.rows[5]["title"] = "Renamed"
    report = shop.run()
    assert (report.resumed, report.pictures_embedded) == (14, COUNT - 16 + 1)
    assert index.get_item("A03")["price"] == 99
    assert index.get_item("A05")["title"] == "Renamed"


def test_what_the_store_has_lost_is_written_again(shop: Shop, index: ItemIndex) -> None:
    shop.interrupt(after=16)
    index.delete_points([point.id for point in index.points_of(["A02"])["A02"]])
    shop.run()
    assert index.get_item("A02")["title"] == "Thing 2"


def test_full_deletes_only_what_neither_part_has_met(shop: Shop, index: ItemIndex) -> None:
    shop.rows.append({"id": "OLD", "title": "Old", "category": "x", "image": "0.jpg"})
    shop.run()
    del shop.rows[-1]
    with pytest.raises(Interrupted):
        shop.run(resume=False, after=16, delete_at_most=0.5)
    assert "OLD" in index.points_of(["OLD"]), "an interrupted run deletes nothing"
    report = shop.run(delete_at_most=0.5)
    assert (report.resumed, report.items["deleted"]) == (16, 1)
    assert index.count({}) == COUNT


def test_a_picture_that_failed_is_not_finished(shop: Shop) -> None:
    shop.forget_pictures(range(2, 3))
    shop.interrupt(after=16)
    shop.picture(2).write_bytes(jpeg(BLUE))
    report = shop.run()
    assert (report.resumed, report.items["embedded"], report.ok) == (15, COUNT - 15, True)


@pytest.mark.parametrize("damage", ["old", "damaged"])
def test_progress_that_is_of_no_use_is_begun_anew(
    shop: Shop, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.interrupt(after=16)
    if damage == "old":
        monkeypatch.setattr("ingest.finished.time.time", lambda: RESUMED_WITHIN_S + 2e9)
    else:
        shop.progress.write_bytes(b"no database" * 1000)
    report = shop.run()
    assert (report.resumed, report.items["unchanged"], report.ok) == (0, 16, True)


def test_other_options_are_another_run(shop: Shop) -> None:
    shop.interrupt(after=16)
    assert shop.run(columns={"title": "title"}).resumed == 0
    assert shop.progress.exists(), "the one that was interrupted can still be resumed"
    assert shop.run().resumed == 16


def test_progress_is_kept_with_each_batch(shop: Shop) -> None:
    shop.interrupt(after=16)
    with sqlite3.connect(shop.progress) as rows:
        assert rows.execute("SELECT count(*) FROM finished_rows").fetchone() == (16,)
    rows.close()
