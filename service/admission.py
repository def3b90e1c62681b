"""How many requests a worker answers at once, how many wait for their turn, and how long at most."""

import threading
import time
from collections import deque

# Of gunicorn's threads so many answer, and so many may wait until one of those is free. The rest tell whoever
# comes then that there is no room, which takes them a millisecond, and watchers that the process is alive.
ANSWERING = 8
WAITING = 16
THREADS = ANSWERING + WAITING + 8

# Of the pause between two ends of requests, so much is the latest one's.
_SHARE_OF_THE_LATEST = 0.1


class NoRoom(Exception):
    """The wait would be too long. `wait_s`: how long it might be."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"the turn would come in {wait_s:.2f} s")
        self.wait_s = wait_s


class Admission:
    """Turns in the order of arrival. Threads may share it.

    How long a wait would be is told from the pauses between the requests that ended of late while all turns
    were taken, not from how long each took: one that waits for something else at leisure is no work.
    """

    def __init__(self, longest_wait_s: float, answering: int = ANSWERING, waiting: int = WAITING) -> None:
        self._longest_wait_s = longest_wait_s
        self._free = answering
        self._places = waiting
        self._queue: deque[threading.Event] = deque()
        self._pause_s = 0.0
        self._since = 0.0  # the last end of a request, or the moment at which the last turn was taken
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def enter(self) -> None:
        """Take a turn, waiting for it if need be. Raises NoRoom, at once where that can be foreseen."""
        with self._lock:
            if self._free:
                self._free -= 1
                if not self._free:
                    self._since = time.monotonic()
                return
            expected_s = self._expected_s()
            if len(self._queue) >= self._places or expected_s > self._longest_wait_s:
                raise NoRoom(expected_s)
            turn = threading.Event()
            self._queue.append(turn)
        if not turn.wait(self._longest_wait_s):
            self._give_up(turn)

    def leave(self) -> None:
        """Pass the turn on to who has waited longest."""
        with self._lock:
            if not self._free:
                now = time.monotonic()
                self._pause_s += _SHARE_OF_THE_LATEST * (now - self._since - self._pause_s)
                self._since = now
            if self._queue:
                self._queue.popleft().set()
            else:
                self._free += 1

    def _give_up(self, turn: threading.Event) -> None:
        with self._lock:
            if turn.is_set():  # it came at the last moment
                return
            self._queue.remove(turn)
            raise NoRoom(max(self._longest_wait_s, self._expected_s()))

    def _expected_s(self) -> float:
        stalled_s = time.monotonic() - self._since
        return max(stalled_s, self._pause_s * (len(self._queue) + 1))
