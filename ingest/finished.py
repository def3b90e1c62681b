"""What an interrupted run has finished, on disk, so that another one need not look at it again.

It is a hint and no more: a finished item is still compared with the index, by its row and its payload; it is
its pictures that are not looked at once more.
"""

import hashlib
import logging
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import orjson

from catalog.settings import Settings
from ingest.fetch.locations import is_address

_log = logging.getLogger(__name__)

# Pictures may change behind the same row; after so long they are looked at again.
RESUMED_WITHIN_S = timedelta(days=1).total_seconds()


class Finished(Protocol):
    """The rows of a run that are in the index, by the ids of their items."""

    def has(self, item_id: str, row: bytes) -> bool: ...

    def add(self, rows: Mapping[str, bytes]) -> None: ...


class _Nothing:
    """For what is never resumed."""

    def has(self, item_id: str, row: bytes) -> bool:
        return False

    def add(self, rows: Mapping[str, bytes]) -> None:
        """Not kept."""


NOTHING_FINISHED = _Nothing()


class FinishedRows(AbstractContextManager["FinishedRows"]):
    """Finished rows in a SQLite file, which is removed once the run ends well.

    Those of an interrupted run are gone unless `resume`, and if it was interrupted too long ago.
    A file that fails costs looks at pictures, never the run.
    """

    def __init__(self, path: Path, resume: bool) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        if not (resume and _is_fresh(path)):
            _remove(path)
        try:
            self._rows = _open(path)
        except sqlite3.DatabaseError:
            _log.warning("%s is damaged: the run is begun anew", path)
            _remove(path)
            self._rows = _open(path)
        self._is_resumed = self._rows.execute("SELECT 1 FROM finished_rows LIMIT 1").fetchone() is not None
        if self._is_resumed:
            self._rows.execute("CREATE INDEX IF NOT EXISTS by_id ON finished_rows (id, row)")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rows.close()
        if error is None:
            _remove(self._path)

    def has(self, item_id: str, row: bytes) -> bool:
        """Whether the run that is resumed has finished the item as this very row."""
        if not self._is_resumed:
            return False
        found = self._rows.execute("SELECT 1 FROM finished_rows WHERE id = ? AND row = ?", (item_id, row))
        return found.fetchone() is not None

    def digests(self) -> frozenset[bytes]:
        """All that the run that is resumed has finished."""
        return frozenset(row for (row,) in self._rows.execute("SELECT row FROM finished_rows"))

    def add(self, rows: Mapping[str, bytes]) -> None:
        """Keep rows whose items are written, as `digest_of` has them."""
        try:
            with self._rows:
                self._rows.executemany("INSERT INTO finished_rows VALUES (?, ?)", list(rows.items()))
        except sqlite3.Error as error:
            _log.warning("what is finished cannot be kept: %s", error)


def finished_path(
    settings: Settings, feeds: Sequence[str], kind: str | None, columns: Mapping[str, str], engine: str
) -> Path:
    """Where runs over these feeds, read in this way, keep what they have finished.

    `engine`: one keeps rows and another one shards, so neither goes on where the other was.
    """
    places = [feed if is_address(feed) else str(Path(feed).expanduser().resolve()) for feed in feeds]
    told = orjson.dumps([places, kind, dict(columns), engine], option=orjson.OPT_SORT_KEYS)
    name = hashlib.sha256(told).hexdigest()[:16]
    return settings.state_dir / f"run-{settings.index_alias}-{name}.sqlite"


def digest_of(raw: Mapping[str, Any] | None) -> bytes:
    """What tells a row from another one; `raw` as a rejects file keeps it."""
    try:
        content = orjson.dumps(raw)
    except TypeError:  # a lone surrogate, or a number beyond 64 bits
        content = repr(raw).encode("utf-8", "backslashreplace")
    return hashlib.sha256(content).digest()[:16]


def _is_fresh(path: Path) -> bool:
    try:
        return time.time() - max(one.stat().st_mtime for one in _files(path)) < RESUMED_WITHIN_S
    except ValueError:  # there is none
        return False


def _files(path: Path) -> list[Path]:
    """The file and those of its write-ahead log, as far as they are there."""
    return [one for one in (path, Path(f"{path}-wal"), Path(f"{path}-shm")) if one.exists()]


def _remove(path: Path) -> None:
    for one in _files(path):
        one.unlink(missing_ok=True)


def _open(path: Path) -> sqlite3.Connection:
    rows = sqlite3.connect(path, timeout=10, check_same_thread=False)
    try:
        # Whole after a crash; the last batch may be lost, which costs a look at its pictures.
        rows.execute("PRAGMA journal_mode = WAL")
        rows.execute("PRAGMA synchronous = NORMAL")
        # Rows are appended, and looked up by a resumed run alone, which makes the index for it: to keep an
        # order by id would write a page for nearly every row.
        rows.execute("CREATE TABLE IF NOT EXISTS finished_rows (id TEXT, row BLOB)")
        return rows
    except BaseException:
        rows.close()
        raise
