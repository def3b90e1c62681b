"""Rows with a version, beside pushes with one: the older loses, in whatever order they come."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest

from catalog.encoder import Encoder
from catalog.index import ItemIndex
from catalog.known_encoders import KnownEncoders
from catalog.settings import Settings
from ingest.report import Report
from ingest.run import RunOptions, run_feeds
from tests.applying import Push, batches, push, queue
from tests.pictures import jpeg

__all__ = ["batches", "push", "queue"]

Rows = list[dict[str, Any]]
Run = Callable[..., Report]
MAPPED = {"version": "Updated At"}


@pytest.fixture
def run(tmp_path: Path, settings: Settings, encoder: Encoder) -> Run:
    (tmp_path / "1.jpg").write_bytes(jpeg())

    def run_(rows: Rows, columns: dict[str, str] = MAPPED) -> Report:
        path = tmp_path / "feed.jsonl"
        path.write_bytes(b"\n".join(map(orjson.dumps, rows)))
        options = RunOptions(columns=columns)
        return run_feeds([str(path)], settings, lambda _: None, options, KnownEncoders(settings, encoder))[0]

    return run_


def row(item_id: str, price: int, version: Any = None) -> dict[str, Any]:
    given = {"id": item_id, "title": "T", "category": "c", "image": "1.jpg", "price": price}
    return given if version is None else {**given, "updated_at": version}


@dataclass
class Model:
    """What must become of each item: its price, and the highest version that was pushed to it."""

    prices: dict[str, int] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)

    def is_late(self, item_id: str, version: int | None) -> bool:
        return version is not None and version < self.versions.get(item_id, -1)

    def fed(self, item_id: str, price: int, version: int | None) -> None:
        if not self.is_late(item_id, version):
            self.prices[item_id] = price

    def pushed(self, item_id: str, price: int | None, version: int | None) -> None:
        """`price`: None deletes it. A patch of an item that is not there fails, and changes nothing."""
        if self.is_late(item_id, version) or (price is not None and item_id not in self.prices):
            return
        if version is not None:
            self.versions[item_id] = max(version, self.versions.get(item_id, -1))
        if price is None:
            self.prices.pop(item_id, None)
        else:
            self.prices[item_id] = price


@pytest.mark.parametrize("seed", [1, 2])
def test_the_older_loses_in_any_order(seed: int, run: Run, push: Push, index: ItemIndex) -> None:
    dice, model = random.Random(seed), Model()  # noqa: S311 - no secret
    items = [f"A{n}" for n in range(6)]
    versions = [None, *range(8)]
    for _ in range(5):
        given = [(item_id, dice.randrange(1000), dice.choice(versions)) for item_id in items]
        run([row(*one) for one in given])
        for one in given:
            model.fed(*one)
        for _ in range(5):
            item_id, price, version = dice.choice(items), dice.randrange(1000), dice.choice(versions)
            is_delete = dice.random() < 0.3
            sent = {"op": "delete", "id": item_id}
            if not is_delete:
                sent = {"op": "patch", "id": item_id, "fields": {"price": price}}
            push(sent if version is None else {**sent, "version": version})
            model.pushed(item_id, None if is_delete else price, version)
        found = {item_id: points[0].payload["price"] for item_id, points in index.points_of(items).items()}
        assert found == model.prices


def test_times_are_compared_as_times_and_a_row_that_lost_is_counted(
    run: Run, push: Push, index: ItemIndex
) -> None:
    run([row("A1", 1, "2026-03-01T09:00:00Z")])
    pushed = {"op": "patch", "id": "A1", "fields": {"price": 9}, "version": "2026-03-01T09:30:00+01:00"}
    push(pushed)
    assert run([row("A1", 2, "2026-03-01T08:29:59Z")]).items["newer"] == 1
    assert index.get_item("A1")["price"] == 9
    run([row("A1", 3, " 2026-03-01T08:30:00Z ")])
    assert index.get_item("A1")["price"] == 3, "an equal version does not lose"
    assert "Updated At" not in index.get_item("A1").get("attributes", {})


def test_without_the_mapping_a_later_run_is_newer_and_the_column_an_attribute(
    run: Run, push: Push, index: ItemIndex
) -> None:
    run([row("A1", 1)], {})
    push({"op": "patch", "id": "A1", "fields": {"price": 9}, "version": 5})
    run([row("A1", 2, 1)], {})
    assert (index.get_item("A1")["price"], index.get_item("A1")["attributes"]) == (2, {"updated_at": 1})


def test_a_version_that_is_none_is_named_by_its_row(run: Run) -> None:
    report = run([row("A1", 1, "yesterday"), row("A2", 1, "2026-02-31T00:00:00Z"), row("A3", 1, 2)])
    assert dict(report.problems) == {"item_invalid": 2} and report.items["embedded"] == 1
