"""Asks a store or a queue that answers "not now" again, for a while."""

from collections.abc import Callable
from threading import Event
from typing import ParamSpec, TypeVar

from tenacity import (
    retry,
    retry_if_exception_type,
    sleep_using_event,
    stop_after_delay,
    stop_when_event_set,
    wait_random_exponential,
)

from catalog.errors import IndexUnavailable, QueueUnavailable

# After so long an ingest gives up; it can be run again.
RETRY_S = 60.0

P = ParamSpec("P")
T = TypeVar("T")


def patiently(step: Callable[P, T], given_up: Event | None = None) -> Callable[P, T]:
    """`step`, made again as long as it raises IndexUnavailable or QueueUnavailable, for RETRY_S at most.

    `given_up`: once that is set nobody waits any more, and the next failure is raised.
    """
    ended = given_up or Event()
    again = retry(
        retry=retry_if_exception_type((IndexUnavailable, QueueUnavailable)),
        wait=wait_random_exponential(multiplier=0.5, max=10),
        sleep=sleep_using_event(ended),
        stop=stop_after_delay(RETRY_S) | stop_when_event_set(ended),
        reraise=True,
    )
    return again(step)
