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
# Of what is held for hours and ends if it is lost: it outlasts a Redis that is started again.
LONG_LEASE_S = 30.0
_POLL_S = 0.01
# Longer than a lease, so that one who has died does not stop the others.
_WRITE_WAIT_S = 6 * LEASE_S

_log = logging.getLogger(__name__)


class LockBusy(Exception):
    """Another holder did not release it in time."""


class Held(Protocol):
    """A lock that was taken. A lease may have run out since, if the machine stood still.

    `is_ours` asks whoever keeps it; `is_in_force`, which asks nobody, is whether it cannot have run out.
    """

    def is_ours(self) -> bool: ...

    def is_in_force(self) -> bool: ...


class Locks(Protocol):
    """`hold` raises LockBusy when the lock is not to be had within `wait_s`, and QueueUnavailable."""

    def hold(self, name: str, wait_s: float) -> AbstractContextManager[Held]: ...


class _HeldFile:
    def is_ours(self) -> bool:
        return True  # the kernel keeps it for as long as this process lives

    is_in_force = is_ours


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
    """`asked_at`: of time.monotonic, before Redis was asked for it: there the lease ends no earlier."""

    def __init__(self, lock: Lock, lease_s: float, asked_at: float) -> None:
        self.lock = lock
        self._lease_s = lease_s
        self._asked_at = asked_at
        self._is_lost = False

    def is_ours(self) -> bool:
        with translated():
            return bool(self.lock.owned())

    def is_in_force(self) -> bool:
        # A tenth is left for what is done next.
        return not self._is_lost and time.monotonic() < self._asked_at + 0.9 * self._lease_s

    def renew(self) -> None:
        """If it is time to. Raises LockError once it is lost, and RedisError."""
        asked_at = time.monotonic()
        if self._is_lost or asked_at < self._asked_at + self._lease_s / 4:
            return
        try:
            self.lock.reacquire()
        except LockError:
            self._is_lost = True
            raise
        self._asked_at = asked_at


class RedisLocks:
    """Keys with a lease, which a thread renews for as long as they are held."""

    def __init__(self, client: Redis, prefix: str, lease_s: float) -> None:
        self._client = client
        self._prefix = prefix
        self._lease_s = lease_s
        self._held: set[_HeldKey] = set()
        self._mutex = threading.Lock()
        self._renewer: threading.Thread | None = None

    @contextmanager
    def hold(self, name: str, wait_s: float) -> Iterator[Held]:
        lock = Lock(self._client, f"{self._prefix}.lock.{name}", timeout=self._lease_s, thread_local=False)
        with translated():
            asked_at = _leased(lock, wait_s)
        if asked_at is None:
            raise LockBusy(name)
        held = _HeldKey(lock, self._lease_s, asked_at)
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
        """For as long as anything is held: who opens locks again and again keeps no thread each."""
        while True:
            time.sleep(min(1.0, self._lease_s / 8))
            with self._mutex:
                held = list(self._held)
                if not held:
                    self._renewer = None
                    return
            for one in held:
                try:
                    one.renew()
                except (LockError, RedisError) as error:  # who holds it finds out by asking it
                    _log.warning("a lock could not be renewed: %s", error)


def _leased(lock: Lock, wait_s: float) -> float | None:
    """When (of time.monotonic) the lease was asked for that was given; None if none was."""
    until = time.monotonic() + wait_s
    while True:
        asked_at = time.monotonic()
        if lock.acquire(blocking=False):
            return asked_at
        if asked_at >= until:
            return None
        time.sleep(_POLL_S)


def partition_lock(partition: int) -> str:
    """The lock that a worker holds from taking a partition's writes until their outcomes are recorded."""
    return f"writes-{partition}"


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


def open_locks(settings: Settings, lease_s: float | None = None) -> Locks:
    """Locks of the index that the settings name. `lease_s`: how long a crash holds one in Redis."""
    if settings.redis_url:
        client = Redis(connection_pool=redis_pool(settings.redis_url))
        return RedisLocks(client, f"vitrine.{settings.index_alias}", lease_s or LEASE_S)
    return FileLocks(settings.state_dir, settings.index_alias)
