"""Every queue and table of the pushed writes, by its name, in the store that the settings choose."""

import threading
from functools import cached_property
from pathlib import Path
from typing import Protocol

from redis import ConnectionPool, Redis

from catalog.settings import Settings
from catalog.writes.storage import InRedis, InSqlite, Part, redis_pool, translated

# Partitions of the items: one item's operations are always in the same one, in their order.
PARTITIONS = 16
# Another process may hold the file for as long as its disk takes to write.
_SQLITE_TIMEOUT_S = 30


# Of the memory that Redis may use. The rest is for locks, and for the outcomes of what is then taken off.
_NEARLY_FULL = 0.8


class Store(Protocol):
    """Makes a Part by its name. `is_nearly_full` raises QueueUnavailable."""

    def part(self, name: str) -> Part: ...

    def is_nearly_full(self) -> bool: ...


class SqliteStore:
    """Parts in one file, which every process of the machine may have open."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._made = False

    def part(self, name: str) -> Part:
        with translated():
            storage = InSqlite(
                name, filename=str(self._path), cache_mb=1, fsync=True, timeout=_SQLITE_TIMEOUT_S,
                strict_fifo=True, create_tables=not self._made,
            )  # fmt: skip
        self._made = True
        return Part(storage)

    def is_nearly_full(self) -> bool:
        """The disk bounds it, and says so itself; what waits can still be taken off it then."""
        return False


class RedisStore:
    """Parts in a Redis, for processes on several machines."""

    def __init__(self, pool: ConnectionPool, prefix: str) -> None:
        self._pool = pool
        self._prefix = prefix

    def part(self, name: str) -> Part:
        full = f"{self._prefix}.{name}"
        return Part(InRedis(full, connection_pool=self._pool, blocking=False, clean_name=False))

    def is_nearly_full(self) -> bool:
        """Whether new writes should leave the rest of `maxmemory` to the workers: a Redis that has reached it
        takes nothing, not even a worker's lock, so that what waits would never be done."""
        with translated():
            memory = Redis(connection_pool=self._pool).info("memory")
        most = memory["maxmemory"]
        return bool(most) and memory["used_memory"] > _NEARLY_FULL * most


class Parts:
    """Every part that pushed writes are kept in, each opened when it is first used."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opened: dict[str, Part] = {}
        self._lock = threading.Lock()

    def queue(self, partition: int) -> Part:
        """The messages of a partition, and by item id what is parked of it."""
        return self._part(f"queue-{partition}")

    @property
    def ingests(self) -> Part:
        """What was accepted, and its outcomes by ingest and partition. Its schedule: what to forget when."""
        return self._part("ingests")

    @property
    def applied(self) -> Part:
        """By item id, the last push that was applied to it."""
        return self._part("applied")

    @property
    def idempotency(self) -> Part:
        return self._part("idempotency")

    @property
    def dead(self) -> Part:
        """What failed for good."""
        return self._part("dead")

    @property
    def figures(self) -> Part:
        """How many operations wait, and the pace of late."""
        return self._part("figures")

    def are_nearly_full(self) -> bool:
        """Whether more should not be accepted, since what waits could not be done then."""
        return self._store.is_nearly_full()

    def close(self) -> None:
        with self._lock:
            for part in self._opened.values():
                part.close()
            self._opened.clear()

    @cached_property
    def _store(self) -> Store:
        alias, folder = self._settings.index_alias, self._settings.state_dir
        if self._settings.redis_url:
            return RedisStore(redis_pool(self._settings.redis_url), f"vitrine.{alias}")
        with translated():
            return SqliteStore(folder / f"writes-{alias}.db")

    def _part(self, name: str) -> Part:
        part = self._opened.get(name)
        if part is None:
            with self._lock:
                part = self._opened.get(name) or self._store.part(name)
                self._opened[name] = part
        return part
