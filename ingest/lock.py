"""Lets one ingest at a time write to an index, so that two never embed the same pictures.

On one machine a file's lock does it; with REDIS_URL a lease there, too, for workers on several machines.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType

import redis
from filelock import FileLock, Timeout
from redis.backoff import NoBackoff
from redis.exceptions import LockError
from redis.lock import Lock
from redis.retry import Retry

from catalog.errors import CatalogError
from catalog.settings import Settings

_log = logging.getLogger(__name__)

# How often one that waits looks whether it is its turn.
_LOOK_S = 0.25
# A worker that is killed, or cut off from Redis, holds the others up for so long.
LEASE_S = 30.0
_REDIS_TIMEOUT_S = 5.0


class LockUnavailable(CatalogError):
    """Redis, which should keep other machines' ingests apart from this one, does not answer."""

    code = "ingest_lock_unavailable"


class LockLost(CatalogError):
    """The lease ran out, so that another machine may be ingesting: this ingest must not go on."""

    code = "ingest_lock_lost"


# Raises LockLost once the lock is not held any more.
StillHeld = Callable[[], None]


@contextmanager
def only_ingest(settings: Settings, while_waiting: Callable[[], None] = lambda: None) -> Iterator[StillHeld]:
    """Hold the index's lock, waiting for another ingest to end; a crash frees it.

    `while_waiting` is called now and then, and may raise to give up. Raises LockUnavailable.
    """
    with _on_this_machine(settings, while_waiting):
        if settings.redis_url is None:
            yield lambda: None
            return
        with _Lease(settings.redis_url, settings.index_alias, while_waiting) as lease:
            yield lease.require


@contextmanager
def _on_this_machine(settings: Settings, while_waiting: Callable[[], None]) -> Iterator[None]:
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    lock = FileLock(settings.state_dir / f"ingest-{settings.index_alias}.lock")
    waiting = _Waiting(while_waiting)
    while True:
        try:
            lock.acquire(timeout=_LOOK_S if waiting.has_begun else 0)
            break
        except Timeout:
            waiting.go_on()
    try:
        yield
    finally:
        lock.release()


class _Waiting:
    """Says once that it waits, and asks each time whether it should."""

    def __init__(self, while_waiting: Callable[[], None]) -> None:
        self._while_waiting = while_waiting
        self.has_begun = False

    def go_on(self) -> None:
        if not self.has_begun:
            _log.info("another ingest is running: waiting for it to end")
        self.has_begun = True
        self._while_waiting()


class _Lease(AbstractContextManager["_Lease"]):
    """The lock in Redis, renewed by a thread as long as it is held."""

    def __init__(self, url: str, alias: str, while_waiting: Callable[[], None]) -> None:
        self._client = redis.Redis.from_url(
            url,
            socket_timeout=_REDIS_TIMEOUT_S,
            socket_connect_timeout=_REDIS_TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),  # a lease does not wait
        )
        # One Redis for one shop: stores may be called by several addresses, and an alias is the index's name.
        self._lock = Lock(self._client, f"vitrine:ingest:{alias}", timeout=LEASE_S, thread_local=False)
        self._while_waiting = while_waiting
        self._over = threading.Event()
        self._is_lost = threading.Event()
        self._renewer = threading.Thread(target=self._renew, name="lease", daemon=True)

    def __enter__(self) -> "_Lease":
        waiting = _Waiting(self._while_waiting)
        try:
            while not self._lock.acquire(blocking=False):
                waiting.go_on()
                self._over.wait(_LOOK_S)
        except redis.RedisError as error:
            self._client.close()
            raise LockUnavailable(
                "REDIS_URL: the Redis there does not answer, so that no other machine can be told that this"
                " one ingests; start it, or unset REDIS_URL where only one machine ingests."
            ) from error
        except BaseException:
            self._client.close()
            raise
        self._renewer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._renewer.join()
        try:
            self._lock.release()
        except (LockError, redis.RedisError):
            _log.warning("the lock in Redis could not be given back; it ends within %g s", LEASE_S)
        self._client.close()

    def require(self) -> None:
        """Raise LockLost unless the lease is held."""
        if self._is_lost.is_set():
            raise LockLost(
                f"The lock in Redis could not be renewed for {LEASE_S:g} s, so another machine may be"
                " ingesting by now; what is written stays written, run it again to go on."
            )

    def _renew(self) -> None:
        """Three times a lease, so that two renewals may fail."""
        left = 3
        while not self._over.wait(LEASE_S / 3):
            try:
                self._lock.reacquire()
                left = 3
            except LockError:  # it ran out, or is another's
                left = 0
            except redis.RedisError:
                left -= 1
            if left <= 1:  # by the next look the lease would be over
                self._is_lost.set()
                return
