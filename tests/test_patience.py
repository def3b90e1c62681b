"""ingest/patience.py: what is refused for now is tried again, until it works or nobody waits any more."""

import threading

import pytest

from catalog.errors import IndexRefused, IndexUnavailable
from ingest.patience import patiently


def test_what_is_refused_for_now_is_tried_again() -> None:
    answers = iter([IndexUnavailable("not now"), 7])

    def step() -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert patiently(step)() == 7


def test_what_is_refused_for_good_is_not() -> None:
    tries: list[int] = []

    def step() -> None:
        tries.append(1)
        raise IndexRefused("never")

    with pytest.raises(IndexRefused):
        patiently(step)()
    assert len(tries) == 1


def test_nobody_waits_once_it_is_given_up() -> None:
    given_up, tried = threading.Event(), threading.Event()
    raised: list[Exception] = []

    def step() -> None:
        tried.set()
        raise IndexUnavailable("away")

    def wait() -> None:
        try:
            patiently(step, given_up)()
        except IndexUnavailable as error:
            raised.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert tried.wait(10)
    given_up.set()
    waiting.join(10)
    assert not waiting.is_alive() and raised
