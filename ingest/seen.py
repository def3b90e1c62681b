"""Which items a run has met, so that each counts once and those that it never met can be found."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from types import TracebackType

from ingest.feeds.rows import Problem

POINTS_AT_ONCE = 256


class SeenItems(AbstractContextManager["SeenItems"]):
    """The ids of a run, on disk rather than in memory, however long its feeds are.

    `nameless`: rows that failed and do not say whose they are; they may be any item's.
    """

    def __init__(self) -> None:
        self.nameless = 0
        self._ids = sqlite3.connect("", check_same_thread=False)
        self._ids.executescript(
            "PRAGMA journal_mode = OFF;"
            "CREATE TABLE seen (id TEXT PRIMARY KEY, is_item INTEGER) WITHOUT ROWID;"
            "CREATE TABLE pictures (sha256 BLOB PRIMARY KEY, item_id TEXT) WITHOUT ROWID;"
            "CREATE TABLE absent (item_id TEXT, point_id TEXT PRIMARY KEY) WITHOUT ROWID"
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ids.close()

    def add(self, item_id: str) -> bool:
        """Whether the item is met for the first time; a row of it that failed before does not count."""
        statement = "INSERT INTO seen VALUES (?, 1) ON CONFLICT DO UPDATE SET is_item = 1 WHERE NOT is_item"
        return self._ids.execute(statement, (item_id,)).rowcount > 0

    def add_failed(self, problem: Problem) -> None:
        """A row that failed is no sign that its item is gone."""
        if problem.item_id is None:
            self.nameless += 1
        else:
            self._ids.execute("INSERT OR IGNORE INTO seen VALUES (?, 0)", (_storable(problem.item_id),))

    def add_pictures(self, pictures: Sequence[tuple[str, str]]) -> int:
        """How many of the pictures (item id, SHA-256) another item has, too, that was met before."""
        rows = [(bytes.fromhex(sha256), item_id) for item_id, sha256 in pictures]
        added = self._ids.executemany("INSERT OR IGNORE INTO pictures VALUES (?, ?)", rows)
        if added.rowcount == len(rows):
            return 0
        find = "SELECT 1 FROM pictures WHERE sha256 = ? AND item_id != ?"
        return sum(self._ids.execute(find, row).fetchone() is not None for row in rows)

    def keep_absent(self, points: Iterable[tuple[str, str]]) -> None:
        """Remember those of the points (item id, point id) whose items the run never met."""
        self._ids.executemany(
            "INSERT OR IGNORE INTO absent SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM seen WHERE id = ?1)",
            points,
        )

    def count_absent(self) -> int:
        """How many items are absent."""
        return int(self._ids.execute("SELECT COUNT(DISTINCT item_id) FROM absent").fetchone()[0])

    def absent_items(self, limit: int) -> list[str]:
        """The first ids of absent items, in their order."""
        rows = self._ids.execute("SELECT DISTINCT item_id FROM absent ORDER BY item_id LIMIT ?", (limit,))
        return [item_id for (item_id,) in rows]

    def absent_points(self) -> Iterator[Sequence[str]]:
        """The points of absent items, some at a time."""
        points = self._ids.execute("SELECT point_id FROM absent")
        while rows := points.fetchmany(POINTS_AT_ONCE):
            yield [point_id for (point_id,) in rows]


def _storable(text: str) -> str:
    """Without lone surrogates, which SQLite refuses and no item's id has."""
    return text.encode("utf-8", "replace").decode()
