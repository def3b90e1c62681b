"""bench/load.py: beyond what it can answer the service refuses, and nothing is answered otherwise."""

from pathlib import Path

from bench.load import load
from tests.pictures import jpeg


def test_twice_the_load_that_can_be_answered_is_partly_refused_and_nothing_fails(tmp_path: Path) -> None:
    lines = ["id,title,category,price,colour,image"]
    for number in range(20):
        (tmp_path / f"{number}.jpg").write_bytes(jpeg((number * 12, 40, 90)))
        lines.append(f"item-{number},Dress {number},dresses,{number},red,{number}.jpg")
    feed = tmp_path / "products.csv"
    feed.write_text("\n".join(lines) + "\n", encoding="utf-8")

    loaded = load(feed, tmp_path, hold_s=6, step_s=2, more=80)

    assert loaded.faults() == []
    *ramp, held = loaded.steps
    assert held["holding"] and not any(step["holding"] for step in ramp)
    assert held["users"] == round(2 * max(step["answered_per_s"] for step in ramp))
    assert held["answered_per_s"] > 0 and held["refused_per_s"] > 0
    assert held["longest_ms"] < 30_000
    assert loaded.watched.seconds["/healthz"] and loaded.watched.memory_mb
