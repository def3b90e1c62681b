"""Rows that belong together, wherever in a feed they stand: gathered in a file on disk, not in memory."""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

import orjson

Line = tuple[int, dict[str, Any]]

# A product of more rows than this is read no further; Shopify allows 2,048 variants and 250 pictures.
MAX_ROWS = 10_000


class _OnDisk(AbstractContextManager[Any]):
    """A data base without a name: SQLite keeps it in a temporary file that is gone once it is closed."""

    schema: str

    def __init__(self) -> None:
        self._rows = sqlite3.connect("", check_same_thread=False)
        self._rows.executescript(f"PRAGMA journal_mode = OFF; PRAGMA cache_size = -2000; {self.schema}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rows.close()


class Groups(_OnDisk):
    """Rows by the name that they share."""

    schema = (
        "CREATE TABLE names (name TEXT PRIMARY KEY, first INTEGER) WITHOUT ROWID;"
        "CREATE TABLE rows (first INTEGER, line INTEGER, row BLOB, PRIMARY KEY (first, line)) WITHOUT ROWID"
    )

    def add(self, name: str, line: int, row: dict[str, Any]) -> None:
        self._rows.execute("INSERT OR IGNORE INTO names VALUES (?, ?)", (name, line))
        (first,) = self._rows.execute("SELECT first FROM names WHERE name = ?", (name,)).fetchone()
        self._rows.execute("INSERT INTO rows VALUES (?, ?, ?)", (first, line, orjson.dumps(row)))

    def __iter__(self) -> Iterator[list[Line]]:
        """The rows of each name by line, the names in the order in which they came first."""
        group: list[Line] = []
        current = None
        for first, line, row in self._rows.execute("SELECT first, line, row FROM rows ORDER BY first, line"):
            if first != current and group:
                yield group
                group = []
            current = first
            if len(group) < MAX_ROWS:
                group.append((line, orjson.loads(row)))
        if group:
            yield group


class Families(_OnDisk):
    """Objects below others, to any depth, by the id of the one above."""

    schema = (
        "CREATE TABLE rows (line INTEGER PRIMARY KEY, id TEXT, parent TEXT, is_root INTEGER, row BLOB);"
        "CREATE INDEX by_parent ON rows (parent)"
    )

    def add(
        self, line: int, identifier: str | None, parent: str | None, row: dict[str, Any], *, is_root: bool
    ) -> None:
        """`is_root`: it begins a family, even if it stands below something itself."""
        self._rows.execute(
            "INSERT INTO rows VALUES (?, ?, ?, ?, ?)", (line, identifier, parent, is_root, orjson.dumps(row))
        )

    def __iter__(self) -> Iterator[list[Line]]:
        """Each root, by line, and behind it all that is below it."""
        roots = self._rows.execute("SELECT line, id, row FROM rows WHERE is_root ORDER BY line")
        for line, identifier, row in roots:
            below = self._rows.execute(_BELOW, (identifier, MAX_ROWS))
            yield [(line, orjson.loads(row)), *((n, orjson.loads(child)) for n, child in below)]

    def strays(self) -> Iterator[Line]:
        """What is below none of the roots."""
        for line, row in self._rows.execute(_STRAYS):
            yield line, orjson.loads(row)


# UNION rather than UNION ALL: what is below itself, in a damaged feed, is met once.
_BELOW = """
WITH RECURSIVE family (line, id) AS (
    SELECT line, id FROM rows WHERE parent = ? AND NOT is_root
    UNION SELECT rows.line, rows.id FROM rows JOIN family ON rows.parent = family.id WHERE NOT is_root
) SELECT rows.line, rows.row FROM family JOIN rows USING (line) ORDER BY rows.line LIMIT ?
"""
_STRAYS = """
WITH RECURSIVE family (line, id) AS (
    SELECT line, id FROM rows WHERE is_root
    UNION SELECT rows.line, rows.id FROM rows JOIN family ON rows.parent = family.id WHERE NOT is_root
) SELECT line, row FROM rows WHERE line NOT IN (SELECT line FROM family) ORDER BY line
"""
