"""Runs a stage of a pipeline in a thread of its own, a bounded number of batches ahead."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def overlap(
    stage: Callable[[T], R], inputs: Iterable[T], ahead: int = 2, abandon: Callable[[], None] = lambda: None
) -> Iterator[R]:
    """`map(stage, inputs)`, computed in a thread at most `ahead` results before they are asked for.

    `inputs` is read by the caller's thread. An exception is raised after the results before it; what was
    computed beyond it is dropped, and `abandon` is called, so that a stage under way can end early.
    """
    pending: deque[Future[R]] = deque()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="overlap") as thread:
        try:
            for value in inputs:
                pending.append(thread.submit(stage, value))
                if len(pending) > ahead:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        except BaseException:
            abandon()
            raise
        finally:
            thread.shutdown(cancel_futures=True)
