"""An ingest, and its store, killed at random: it resumes, and verify finds no difference."""

from pathlib import Path

import pytest

from bench.kills import ordeal
from tests.drawn_sample import drawn_sample


def test_kills_cost_nothing_but_time(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    sample = drawn_sample(request, tmp_path_factory)
    (tmp_path / "images").symlink_to(sample / "images")
    feed = tmp_path / "products.csv"
    lines = (sample / "products.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    feed.write_text("".join(lines[:161]), encoding="utf-8")
    ended = ordeal(feed, tmp_path, kills=4, wait_s=(0.0, 0.4), seed=3)
    assert sum(ended.hits.values()) == 4
    assert sum(count for hit, count in ended.hits.items() if "being over" not in hit) >= 2, ended.hits
