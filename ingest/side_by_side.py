"""Runs the many short calls of a batch side by side: a few threads that each take the next one.

A future for each call costs more than to read a small file and to hash it. So does a second thread: while
both do little but read, they hand the interpreter's lock to each other at every read. Hence one thread
begins, and calls for the others once what is left would take it long.
"""

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Generic, TypeVar

T = TypeVar("T")

# With less left than this, more threads cost more than they save (measured with small files in the cache).
_WORTH_THREADS_S = 0.02


class Call(Generic[T]):
    """A call that one of the threads makes; made by `SideBySide.add`."""

    __slots__ = ("_all", "_error", "_make", "_made")

    def __init__(self, make: Callable[[], T], all_: "SideBySide") -> None:
        self._make, self._all = make, all_
        self._made: T
        self._error: Exception | None = None

    def run(self) -> None:
        try:
            self._made = self._make()
        except Exception as error:  # whoever asks for the result gets it
            self._error = error

    def result(self) -> T:
        """What the call returned or raised, once all calls are made."""
        self._all.wait()
        if self._error is not None:
            raise self._error
        return self._made


class SideBySide:
    """Calls that are added, then begun all at once in at most `threads` of the pool's threads."""

    def __init__(self, pool: Executor, threads: int) -> None:
        self._pool, self._threads = pool, threads
        self._waiting: deque[Call[object]] = deque()
        self._under_way: deque[Future[None]] = deque()

    def add(self, make: Callable[[], T]) -> Call[T]:
        call = Call(make, self)
        self._waiting.append(call)  # type: ignore[arg-type]  # a Call is read from only
        return call

    def begin(self) -> None:
        if self._waiting:
            self._under_way.append(self._pool.submit(self._begin_alone))

    def wait(self) -> None:
        """Until all calls are made."""
        while self._under_way:  # the first calls for the others before it ends
            self._under_way.popleft().result()

    def _begin_alone(self) -> None:
        while self._waiting:
            began = time.perf_counter()
            self._waiting.popleft().run()
            left_s = (time.perf_counter() - began) * len(self._waiting)
            if left_s > _WORTH_THREADS_S:
                others = min(self._threads, len(self._waiting)) - 1
                self._under_way.extend([self._pool.submit(self._take_turns) for _ in range(others)])
                return self._take_turns()

    def _take_turns(self) -> None:
        while True:
            try:
                call = self._waiting.popleft()
            except IndexError:
                return
            call.run()
