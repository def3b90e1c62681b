"""`python -m tests.closing_door`: a web worker closes its door, beside a thread that never rests, 100 times.

Prints how often that thread had no turn between the last look for callers and the close.
"""

import socket
import sys
import threading

from service.gunicorn_worker import ClosingWorker


class _Turns:
    """A thread that works without a pause, and how many turns it has had."""

    def __init__(self) -> None:
        self.had = 0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> "_Turns":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._is_over.is_set():
            self.had += 1


class _Listener(socket.socket):
    """Knows how many turns another thread had had at the last look at it."""

    turns: _Turns
    had = 0

    def fileno(self) -> int:
        self.had = self.turns.had
        return super().fileno()


def main() -> None:
    undisturbed = 0
    with _Turns() as turns:
        for _ in range(100):
            listener = _Listener()
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            listener.turns = turns
            worker = ClosingWorker.__new__(ClosingWorker)
            worker.sockets, worker.nr_conns, worker.worker_connections = [listener], 0, 10
            worker._close_door()
            undisturbed += turns.had == listener.had
    sys.stdout.write(f"{undisturbed}\n")


if __name__ == "__main__":
    main()
