"""Many short calls in a few threads: each made once, each result or error for who asks for it."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ingest.side_by_side import SideBySide


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(3) as pool:
        yield pool


def test_every_call_is_made_once_and_has_its_own_result(pool: ThreadPoolExecutor) -> None:
    made: list[int] = []
    together = SideBySide(pool, 3)
    calls = [together.add(lambda number=number: (made.append(number), number)[1]) for number in range(500)]
    together.begin()
    assert [call.result() for call in calls] == list(range(500))
    assert sorted(made) == list(range(500))


def test_one_that_fails_costs_the_others_nothing(pool: ThreadPoolExecutor) -> None:
    together = SideBySide(pool, 2)
    good, bad, last = together.add(lambda: 1), together.add(lambda: 1 // 0), together.add(lambda: 3)
    together.begin()
    assert (good.result(), last.result()) == (1, 3)
    with pytest.raises(ZeroDivisionError):
        bad.result()


def test_long_calls_run_at_the_same_time(pool: ThreadPoolExecutor) -> None:
    met = threading.Barrier(3, timeout=10)
    together = SideBySide(pool, 3)
    together.add(lambda: time.sleep(0.1))  # which shows that they are long
    calls = [together.add(met.wait) for _ in range(3)]
    together.begin()
    assert sorted(call.result() for call in calls) == [0, 1, 2]


def test_never_more_threads_than_asked_for(pool: ThreadPoolExecutor) -> None:
    threads: set[int] = set()
    together = SideBySide(pool, 2)
    for _ in range(20):
        together.add(lambda: (time.sleep(0.01), threads.add(threading.get_ident())))
    together.begin()
    together.wait()
    assert len(threads) == 2


def test_nothing_to_do_is_done_at_once(pool: ThreadPoolExecutor) -> None:
    together = SideBySide(pool, 3)
    together.begin()
    together.wait()
