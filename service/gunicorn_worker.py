"""gunicorn's threaded worker, which closes its door when it begins to stop."""

import select

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
            while select.select([listener], [], [], 0)[0] and self.nr_conns < self.worker_connections:
                before = self.nr_conns
                self.accept(listener)
                if self.nr_conns == before:
                    break
            listener.close()
