"""ingest/overlap.py: stages that run side by side, a bounded number of batches ahead."""

import threading
import time
from collections.abc import Iterator

import pytest

from ingest.overlap import overlap


def test_results_come_in_order() -> None:
    assert list(overlap(lambda n: n * n, range(100))) == [n * n for n in range(100)]


def test_the_stage_never_runs_far_ahead() -> None:
    done: list[int] = []
    results = overlap(lambda n: done.append(n) or n, range(1_000), ahead=2)
    assert next(results) == 0
    time.sleep(0.1)
    assert len(done) <= 4
    results.close()  # type: ignore[attr-defined]


def test_two_stages_run_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=10)
    meet = {"first": 3, "second": 2}  # the first stage at its third input meets the second at its second

    def stage(name: str, n: int) -> int:
        if n == meet[name]:
            both.wait()
        return n

    first = overlap(lambda n: stage("first", n), range(6), ahead=1)
    assert list(overlap(lambda n: stage("second", n), first, ahead=1)) == list(range(6))


def test_several_threads_of_a_stage_keep_the_order() -> None:
    both = threading.Barrier(2, timeout=10)
    slow = threading.Event()

    def stage(n: int) -> int:
        if n < 2:
            both.wait()  # the first two are under way at once
        if n == 0:
            assert slow.wait(10)
        slow.set()  # the second is done before the first
        return n

    assert list(overlap(stage, range(6), threads=2)) == list(range(6))


@pytest.mark.parametrize("broken", ["stage", "inputs"])
def test_an_error_comes_after_the_results_before_it(broken: str) -> None:
    def inputs() -> Iterator[int]:
        yield from range(3)
        if broken == "inputs":
            raise RuntimeError("inputs")
        yield 3

    def stage(n: int) -> int:
        if n == 3:
            raise RuntimeError("stage")
        return n

    results = overlap(stage, inputs(), ahead=1)
    got = []
    with pytest.raises(RuntimeError, match=broken):
        got.extend(next(results) for _ in range(5))


def test_a_stage_under_way_is_told_when_nobody_wants_its_results() -> None:
    told = threading.Event()
    results = overlap(lambda n: told.wait(20 if n else 0), range(5), ahead=1, abandon=(told.set,))
    assert next(results) is False
    began = time.monotonic()
    results.close()  # type: ignore[attr-defined]
    assert told.is_set()
    assert time.monotonic() - began < 5


def test_an_interrupt_ends_the_stages_before_it_too() -> None:
    told, ended = threading.Event(), threading.Event()

    def first(n: int) -> int:
        if n:
            told.wait(20)
            ended.set()
        return n

    def interrupted(n: int) -> int:
        raise KeyboardInterrupt

    before = overlap(first, range(5), ahead=1, abandon=(told.set,))
    with pytest.raises(KeyboardInterrupt):  # its traceback holds `before`, as does this function
        list(overlap(interrupted, before, ahead=0))
    assert ended.is_set()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("overlap")]
