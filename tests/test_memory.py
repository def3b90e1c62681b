"""An ingest's memory does not grow with its feed: the short form of `python -m bench.memory`."""

import re

from tests.processes import run_program

# The decoded pictures of all rows are 58 MB: without bounds they bring the peak to 84, as it is to 26.
MOST_GROWTH_MB, MOST_PEAK_MB = 12, 50


def test_memory_stays_flat_over_three_thousand_rows() -> None:
    done = run_program("-m", "bench.memory", "3000", timeout_s=600)
    assert done.returncode == 0, done.stderr
    said = re.search(r"grew by (-?\d+) MB after the first tenth; peak (\d+) MB", done.stdout)
    assert said, done.stdout
    assert int(said[1]) <= MOST_GROWTH_MB and int(said[2]) <= MOST_PEAK_MB, done.stdout
