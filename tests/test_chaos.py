"""A short form of `python -m tests.chaos`: nothing acknowledged is lost, and nothing wrong is answered."""

import shutil
from pathlib import Path

from tests.chaos.ordeal import ordeal


def test_a_shop_survives_whatever_befalls_it(tmp_path: Path) -> None:
    score = ordeal(tmp_path, seconds=10, seed=5, with_redis=shutil.which("redis-server") is not None)
    assert score.is_good, score.told()
    assert score.faults and score.answered["write"] and score.answered["search"], score.told()
