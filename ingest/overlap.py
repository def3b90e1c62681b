"""Runs a stage of a pipeline in threads of its own, a bounded number of batches ahead."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def overlap(
    stage: Callable[[T], R],
    inputs: Iterable[T],
    ahead: int = 2,
    abandon: Iterable[Callable[[], object]] = (),
    threads: int = 1,
) -> Iterator[R]:
    """`map(stage, inputs)`, computed in threads at most `ahead` results before they are asked for.

    `inputs` is read by the caller's thread. An exception is raised after the results before it; what was
    computed beyond it is dropped, and all of `abandon` is called, so that a stage under way can end early.
    Whatever ends it, no stage runs any more then, here or in a generator that the `inputs` come from.
    """
    pending: deque[Future[R]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="overlap") as pool:
        try:
            for value in inputs:
                pending.append(pool.submit(stage, value))
                if len(pending) > ahead:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        except BaseException:
            for stop in abandon:
                stop()
            raise
        finally:
            if isinstance(inputs, Generator):
                inputs.close()  # by itself it would go on as long as a traceback holds it
            pool.shutdown(cancel_futures=True)
