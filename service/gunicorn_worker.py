"""gunicorn's threaded worker, which closes its door when it begins to stop."""

import ctypes
import select
import socket

from gunicorn.workers.gthread import ThreadWorker


class ClosingWorker(ThreadWorker):  # type: ignore[misc]
    """Answers who is there, and refuses who comes later.

    By itself gunicorn leaves its sockets open, and unattended, until the last kept connection is closed,
    seconds later: who connects meanwhile sends a request that nobody reads, and is cut off. Who is refused at
    once knows that nothing was done, and a proxy asks the next server, even for a POST.
    """

    _is_closed = False

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        if not self.alive and not self._is_closed:  # one that is stopped as it starts comes here twice
            self._is_closed = True
            self._close_door()

    def _close_door(self) -> None:
        for listener in self.sockets:
            # Who has connected already; other processes of this gunicorn may be at it, too.
            while _has_caller(listener) and self.nr_conns < self.worker_connections:
                before = self.nr_conns
                self.accept(listener)
                if self.nr_conns == before:
                    break
            _libc.close(listener.detach())


class _Asked(ctypes.Structure):
    """poll's struct pollfd."""

    _fields_ = [("fd", ctypes.c_int), ("events", ctypes.c_short), ("revents", ctypes.c_short)]


# Its calls keep the interpreter's lock, as Python's own do not: else the threads that answer would have their
# turns between the last look and the close, and who connects meanwhile would be cut off.
_libc = ctypes.PyDLL(None)


def _has_caller(listener: socket.socket) -> bool:
    asked = _Asked(listener.fileno(), select.POLLIN, 0)
    return int(_libc.poll(ctypes.byref(asked), ctypes.c_ulong(1), 0)) > 0
