"""`python -m tests.chaos --minutes 20 --seed 1`: prints what was injected and what came of it."""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.ordeal import left_out, ordeal


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--queue", choices=["redis", "sqlite"], default="redis")
    parser.add_argument("--keep", type=Path, help="a folder that the logs of all programs are kept in")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    try:
        for line in left_out(folder):
            print(line)  # noqa: T201
        with_redis = options.queue == "redis" and shutil.which("redis-server") is not None
        began = time.monotonic()
        score = ordeal(folder, options.minutes * 60, options.seed, with_redis)
        print(f"seed {options.seed}, {'redis' if with_redis else 'sqlite'}, {time.monotonic() - began:.0f} s")  # noqa: T201
        print(score.told())  # noqa: T201
    finally:
        if options.keep is not None:
            options.keep.mkdir(parents=True, exist_ok=True)
            for log in folder.glob("*.log"):
                shutil.copy(log, options.keep)
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if score.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
