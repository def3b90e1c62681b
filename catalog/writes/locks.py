"""Locks that processes share: files on one machine, keys with a lease in Redis where there are several."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout
from redis import Redis
from redis.exceptions import LockError, RedisError
from redis.lock import Lock

from catalog.errors import QueueUnavailable
from catalog.settings import Settings
from catalog.writes.storage import redis_pool, translated

# A worker that dies leaves its locks behind for so long; one that lives renews them well before.
LEASE_S = 10.0
_RENEW_S = LEASE_S / 4
_POLL_S = 0.01
# Longer than a lease, so that one who has died does not stop the others.
_WRITE_WAIT_S = 6 * LEASE_S

_log = logging.getLogger(__name__)


class LockBusy(Exception):
    """Another holder did not release it in time."""


class Held(Protocol):
    """A lock that was taken. A lease may have run out since, if the machine stood still."""

    def is_ours(self) -> bool: ...


class Locks(Protocol):
    """`hold` raises LockBusy when the lock is not to be had within `wait_s`, and QueueUnavailable."""

    def hold(self, name: str, wait_s: float) -> AbstractContextManager[Held]: ...


class _HeldFile:
    def is_ours(self) -> bool:
        return True  # the kernel keeps it for as long as this process lives


class FileLocks:
    """Lock files in a folder that all processes share; a crash frees them at once."""

    def __init__(self, folder: Path, alias: str) -> None:
        self._folder = folder
        self._alias = alias

    @contextmanager
    def hold(self, name: str, wait_s: float) -> Iterator[Held]:
        with translated():
            self._folder.mkdir(parents=True, exist_ok=True)
        # A new object each time: threads of one process keep each other out by it, too.
        lock = FileLock(
            self._folder / f"{name}-{self._alias}.lock", preserve_lock_file=True, fallback_to_soft=False
        )
        with translated():
            taken = _acquired(lock, wait_s)
        if not taken:
            raise LockBusy(name)
        try:
            yield _HeldFile()
        finally:
            lock.release()


def _acquired(lock: FileLock, wait_s: float) -> bool:
    try:
        lock.acquire(timeout=wait_s, poll_interval=_POLL_S)
        return True
    except Timeout:  # an OSError, too
        return False


class _HeldKey:
    def __init__(self, lock: Lock) -> None:
        self.lock = lock
        self.renew_at = time.monotonic() + _RENEW_S

    def is_ours(self) -> bool:
        with translated():
            return bool(self.lock.owned())

    def renew(self) -> None:
        if time.monotonic() >= self.renew_at:
            self.renew_at = time.monotonic() + _RENEW_S
            self.lock.reacquire()


class RedisLocks:
    """Keys with a lease, which a thread renews for as long as they are held."""

    def __init__(self, client: Redis, prefix: str) -> None:
        self._client = client
        self._prefix = prefix
        self._held: set[_HeldKey] = set()
        self._mutex = threading.Lock()
        self._renewer: threading.Thread | None = None

    @contextmanager
    def hold(self, name: str, wait_s: float) -> Iterator[Held]:
        lock = Lock(
            self._client, f"{self._prefix}.lock.{name}", timeout=LEASE_S, sleep=_POLL_S, thread_local=False
        )
        with translated():
            taken = lock.acquire(blocking=wait_s > 0, blocking_timeout=wait_s or None)
        if not taken:
            raise LockBusy(name)
        held = _HeldKey(lock)
        self._add(held)
        try:
            yield held
        finally:
            with self._mutex:
                self._held.discard(held)
            with suppress(LockError, RedisError):  # it has run out, or will
                lock.release()

    def _add(self, held: _HeldKey) -> None:
        with self._mutex:
            self._held.add(held)
            if self._renewer is None:
                self._renewer = threading.Thread(target=self._renew, name="renew-locks", daemon=True)
                self._renewer.start()

    def _renew(self) -> None:
        while True:
            time.sleep(1.0)
            with self._mutex:
                held = list(self._held)
            for one in held:
                try:
                    one.renew()
                except (LockError, RedisError) as error:  # who holds it finds out by `is_ours`
                    _log.warning("a lock could not be renewed: %s", error)


@contextmanager
def exclusive_write(locks: Locks) -> Iterator[Held]:
    """Hold the index's one lock for writing, for as long as it takes to look once more and to write.

    Raises QueueUnavailable if it is not to be had.
    """
    try:
        with locks.hold("write", _WRITE_WAIT_S) as held:
            yield held
    except LockBusy as error:
        raise QueueUnavailable("Another program has held the lock for writing for too long.") from error


def open_locks(settings: Settings) -> Locks:
    """Locks of the index that the settings name."""
    if settings.redis_url:
        client = Redis(connection_pool=redis_pool(settings.redis_url))
        return RedisLocks(client, f"vitrine.{settings.index_alias}")
    return FileLocks(settings.state_dir, settings.index_alias)
