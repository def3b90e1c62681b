"""An ingest, and its store, killed at random: it resumes, and verify finds no difference."""

from pathlib import Path

from bench.kills import ordeal
from ingest.sample import draw_catalogue


def test_kills_cost_nothing_but_time(tmp_path: Path) -> None:
    draw_catalogue(tmp_path / "shop")
    feed = tmp_path / "shop" / "products.csv"
    lines = feed.read_text(encoding="utf-8").splitlines(keepends=True)
    feed.write_text("".join(lines[:161]), encoding="utf-8")
    ended = ordeal(feed, tmp_path, kills=4, wait_s=(0.0, 0.4), seed=3)
    assert sum(ended.hits.values()) == 4
    assert sum(count for hit, count in ended.hits.items() if "being over" not in hit) >= 2, ended.hits
