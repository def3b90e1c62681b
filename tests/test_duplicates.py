"""`python -m ingest duplicates`: items of a real index with one picture, or nearly one."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from catalog.encoder import Encoder
from catalog.index import ItemIndex
from catalog.known_encoders import KnownEncoders
from catalog.picture_hash import NEAR_SIGNS
from catalog.points import IMAGE_HASHES
from catalog.settings import Settings
from ingest.__main__ import cli
from ingest.duplicates import find_duplicates
from ingest.report import Report
from ingest.run import RunOptions, run_feeds
from tests.test_picture_hash import drawn

Rows = list[dict[str, Any]]


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    """A shared picture, one in two forms, one that an item has twice, and others."""
    for n in range(6):
        drawn(n).save(tmp_path / f"{n}.png")
    drawn(1).save(tmp_path / "1.jpg", quality=70)
    drawn(2).resize((480, 640)).save(tmp_path / "2-large.png")
    images = {
        "A": ["0.png"], "B": ["0.png", "5.png"], "C": ["1.png"], "D": ["1.jpg"],
        "E": ["2.png", "2-large.png"], "F": ["3.png"], "G": ["4.png"],
    }  # fmt: skip
    return [
        {"id": name, "title": f"Thing {name}", "category": "x", "images": of} for name, of in images.items()
    ]


@pytest.fixture
def run(tmp_path: Path, settings: Settings, encoder: Encoder) -> Callable[[Rows], Report]:
    def run_(rows: Rows) -> Report:
        feed = tmp_path / "feed.jsonl"
        feed.write_bytes(b"\n".join(map(orjson.dumps, rows)))
        return run_feeds(
            [str(feed)], settings, lambda report: None, RunOptions(), KnownEncoders(settings, encoder)
        )[0]

    return run_


def test_groups_of_the_same_and_of_near_pictures(
    run: Callable[[Rows], Report], rows: Rows, index: ItemIndex
) -> None:
    report = run(rows)
    assert report.shared_pictures == 1
    assert "  same pictures    1 as another item's" in report.lines()
    found = find_duplicates(index, NEAR_SIGNS)
    assert [(group.is_same, group.items) for group in found.groups] == [
        (True, ["A", "B"]),
        (False, ["C", "D"]),
    ]
    assert (found.pictures, found.without_hash) == (9, 0)
    assert find_duplicates(index, 0).groups[0].is_same
    assert run(rows).shared_pictures == 1, "of an unchanged feed, too"


def test_a_program_can_read_the_groups(run: Callable[[Rows], Report], rows: Rows, index: ItemIndex) -> None:
    run(rows)
    found = find_duplicates(index, NEAR_SIGNS)
    table = list(csv.DictReader(io.StringIO("\n".join(found.lines("csv")))))
    assert [(row["group"], row["kind"], row["item_id"], row["position"]) for row in table] == [
        ("1", "same", "A", "0"), ("1", "same", "B", "0"), ("2", "near", "C", "0"), ("2", "near", "D", "0"),
    ]  # fmt: skip
    records = [orjson.loads(line) for line in found.lines("jsonl")]
    assert [[one["item_id"] for one in record["pictures"]] for record in records] == [["A", "B"], ["C", "D"]]


def test_points_without_a_hash_are_told_of_and_get_one_in_the_next_run(
    run: Callable[[Rows], Report],
    rows: Rows,
    index: ItemIndex,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run(rows)
    before = [point for points in index.points_of(["C", "D"]).values() for point in points]
    index.overwrite_payloads(
        {point.id: {k: v for k, v in point.payload.items() if k != IMAGE_HASHES} for point in before}
    )
    for name in ("QDRANT_URL", "INDEX_ALIAS", "STATE_DIR"):
        monkeypatch.setenv(name, str(getattr(settings, name.lower())))
    monkeypatch.setattr("ingest.commands.begin.set_up_logging", lambda level, format: None)
    said = CliRunner().invoke(cli, ["duplicates"])
    assert said.exit_code == 0, said.output
    assert "same  A, B\n1 groups of 2 items in 9 pictures" in said.output
    assert "2 pictures were ingested before they got hashes" in said.output
    report = run(rows)
    assert (report.pictures_embedded, report.items["payload_updated"], report.items["unchanged"]) == (0, 2, 5)
    assert len(find_duplicates(index, NEAR_SIGNS).groups) == 2
    assert run(rows).items["unchanged"] == 7
