"""Where pushed writes are kept: huey's storages, in a SQLite file or in Redis, behind one typed face.

Only huey's storages are used, not its consumer. The consumer takes a message off the queue before it is
done, so that a kill would lose it, and it does one at a time, where embedding wants batches. Here a worker
holds the lock of a queue, looks at its first messages, does them, and only then removes them: what a crash
interrupts is done again, which does no harm, since every operation is idempotent.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from huey.constants import EmptyData
from huey.storage import RedisStorage, SqliteStorage
from redis import ConnectionPool
from redis.exceptions import RedisError

from catalog.errors import QueueUnavailable

# A Redis that hangs must not hold a request, or the end of the worker, up for long.
REDIS_TIMEOUT_S = 5.0


class InSqlite(SqliteStorage):  # type: ignore[misc]
    """Changes several rows in one transaction, which costs one write to the disk instead of many."""

    def put_many(self, pairs: Mapping[str, bytes]) -> None:
        with self.db(commit=True) as cursor:
            rows = [(self.name, key, value) for key, value in pairs.items()]
            cursor.executemany("insert or replace into kv (queue, key, value) values (?, ?, ?)", rows)

    def remove(self, messages: Sequence[bytes]) -> None:
        """Only called by the holder of the queue's lock, so that they still are the first ones."""
        with self.db(commit=True) as cursor:
            cursor.execute(
                "delete from task where id in"
                " (select id from task where queue = ? order by priority desc, id limit ?)",
                (self.name, len(messages)),
            )

    def last_scheduled(self, limit: int) -> list[bytes]:
        query = "select data from schedule where queue = ? order by timestamp desc, id desc limit ?"
        return [entry for (entry,) in self.sql(query, (self.name, limit), results=True)]

    def counter(self, name: str) -> int:
        query = "select value from counter where queue = ? and key = ?"
        rows = self.sql(query, (self.name, name), results=True)
        return rows[0][0] if rows else 0


class InRedis(RedisStorage):  # type: ignore[misc]
    def put_many(self, pairs: Mapping[str, bytes]) -> None:
        self.conn.hset(self.result_key, mapping=pairs)

    def remove(self, messages: Sequence[bytes]) -> None:
        """Each by its own bytes: a worker that has lost its lock cannot remove what another one put first."""
        pipe = self.conn.pipeline()
        for message in messages:
            pipe.lrem(self.queue_key, -1, message)  # from the end at which the oldest stands
        pipe.execute()

    def last_scheduled(self, limit: int) -> list[bytes]:
        return list(self.conn.zrange(self.schedule_key, 0, limit - 1, desc=True))

    def counter(self, name: str) -> int:
        return int(self.conn.hget(self.counter_key, name) or 0)


class Part:
    """One queue, one table of texts and bytes, and one schedule, by a name. Threads may share it.

    Every method raises QueueUnavailable if what keeps it does not answer.
    """

    def __init__(self, storage: Any) -> None:
        self._storage = storage

    def append(self, message: bytes) -> None:
        """Returns once it is durable."""
        with translated():
            self._storage.enqueue(message)

    def first(self, limit: int) -> list[bytes]:
        """The oldest messages; they stay."""
        with translated():
            return list(self._storage.enqueued_items(limit))

    def remove(self, messages: Sequence[bytes]) -> None:
        """Take off the first messages, which are these."""
        if messages:
            with translated():
                self._storage.remove(messages)

    def size(self) -> int:
        with translated():
            return int(self._storage.queue_size())

    def get(self, key: str) -> bytes | None:
        with translated():
            value = self._storage.peek_data(key)
        return None if value is EmptyData else bytes(value)

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        if not keys:
            return {}
        with translated():
            return dict(self._storage.peek_many(list(keys)))

    def put_many(self, pairs: Mapping[str, bytes]) -> None:
        if pairs:
            with translated():
                self._storage.put_many(pairs)

    def delete(self, key: str) -> None:
        with translated():
            self._storage.delete_data(key)

    def clear(self) -> None:
        """Forget every key; messages and the schedule stay."""
        with translated():
            self._storage.flush_results()

    def items(self) -> dict[str, bytes]:
        with translated():
            return dict(self._storage.result_items())

    def count(self) -> int:
        """How many keys there are."""
        with translated():
            return int(self._storage.result_store_size())

    def add(self, counter: str, amount: int) -> None:
        with translated():
            self._storage.incr(counter, amount)

    def counter(self, name: str) -> int:
        with translated():
            return int(self._storage.counter(name))

    def schedule(self, entry: bytes, due: float) -> None:
        """`due`: seconds since 1970."""
        with translated():
            self._storage.add_to_schedule(entry, datetime.fromtimestamp(due))

    def scheduled(self, limit: int | None = None) -> list[bytes]:
        """The entries that are due first; they stay."""
        with translated():
            return list(self._storage.scheduled_items(limit))

    def last_scheduled(self, limit: int) -> list[bytes]:
        """The entries that are due last, the last one first; they stay."""
        with translated():
            return [bytes(entry) for entry in self._storage.last_scheduled(limit)]

    def take_scheduled(self, until: float) -> list[bytes]:
        """Take off and return what is due by then."""
        with translated():
            return list(self._storage.read_schedule(datetime.fromtimestamp(until)))

    def close(self) -> None:
        self._storage.close()


def redis_pool(url: str) -> ConnectionPool:
    return ConnectionPool.from_url(
        url, socket_timeout=REDIS_TIMEOUT_S, socket_connect_timeout=REDIS_TIMEOUT_S, health_check_interval=30
    )


@contextmanager
def translated() -> Iterator[None]:
    """Raise QueueUnavailable for what the libraries below raise."""
    try:
        yield
    except (sqlite3.Error, RedisError, OSError) as error:
        raise QueueUnavailable(f"What keeps the pushed writes does not answer: {error}.") from error
