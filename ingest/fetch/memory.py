"""What is known of pictures by address, from one ingest to the next.

It is a hint and no more. A server is asked on condition only where the index holds the very content, by
SHA-256, that the validator stands for; a lost, stale or foreign row costs a download at most.
"""

import hashlib
import logging
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from catalog.settings import Settings
from ingest.fetch.validators import Known, Validator

_log = logging.getLogger(__name__)

# About 250 bytes a row; when there are more, the oldest tenth goes.
MAX_ROWS = 1_000_000
# After so long a picture is fetched anew, lest a server that answers 304 to everything hide a change.
TRUSTED_S = timedelta(days=30).total_seconds()


class Memory(Protocol):
    """What is known of pictures, by the address that a feed gives."""

    def get(self, address: str) -> Known | None: ...

    def remember(self, known: Mapping[str, Known]) -> None: ...


def memory_path(settings: Settings) -> Path:
    return settings.state_dir / f"pictures-{settings.index_alias}.sqlite"


class PictureMemory:
    """Known pictures by the address that a feed gives, in a SQLite file; for one thread at a time.

    A file that fails costs downloads, never the ingest. Only one that is damaged is thrown away: another
    worker may have open what cannot be opened now, for a full or a slow disk.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._rows = _open(path)
        except sqlite3.OperationalError as error:
            _log.warning("%s cannot be used, so pictures are fetched once more: %s", path, error)
            self._rows = _open(":memory:")
        except sqlite3.DatabaseError:
            _log.warning("%s is damaged and begun anew: pictures are fetched once more", path)
            path.unlink()
            self._rows = _open(path)

    def get(self, address: str) -> Known | None:
        return _get(self._rows, address)

    def remember(self, known: Mapping[str, Known]) -> None:
        """Keep what the pictures at these addresses are known by."""
        now = time.time()
        rows = [
            (_key(address), one.validator.location, one.validator.etag, one.validator.last_modified,
             one.sha256, now)
            for address, one in known.items()
        ]  # fmt: skip
        try:
            with self._rows:
                self._rows.executemany("INSERT OR REPLACE INTO pictures VALUES (?, ?, ?, ?, ?, ?)", rows)
        except sqlite3.Error as error:
            _log.warning("what is known of pictures cannot be kept: %s", error)

    def close(self) -> None:
        """Bring it back within its bound, and close it."""
        with closing(self._rows), suppress(sqlite3.Error), self._rows:
            (count,) = self._rows.execute("SELECT count(*) FROM pictures").fetchone()
            if count > MAX_ROWS:
                self._rows.execute(
                    "DELETE FROM pictures WHERE address IN"
                    " (SELECT address FROM pictures ORDER BY fetched_at LIMIT ?)",
                    (count - MAX_ROWS * 9 // 10,),
                )


class RecalledPictures:
    """What a PictureMemory keeps, for a run that must write nothing; nothing where there is none."""

    def __init__(self, path: Path) -> None:
        self._rows = _open_to_read(path)

    def get(self, address: str) -> Known | None:
        return _get(self._rows, address) if self._rows else None

    def remember(self, known: Mapping[str, Known]) -> None:
        """Not kept."""

    def close(self) -> None:
        if self._rows:
            self._rows.close()


def _get(rows: sqlite3.Connection, address: str) -> Known | None:
    try:
        found = rows.execute(
            "SELECT location, etag, last_modified, sha256 FROM pictures WHERE address = ? AND fetched_at > ?",
            (_key(address), time.time() - TRUSTED_S),
        ).fetchone()
    except sqlite3.Error as error:
        _log.warning("what is known of pictures cannot be read: %s", error)
        return None
    return Known(Validator(*found[:3]), found[3]) if found else None


def _open(path: Path | str) -> sqlite3.Connection:
    rows = sqlite3.connect(path, timeout=10, check_same_thread=False)
    try:
        # Whole after a crash; the last batch may be lost, which costs its downloads.
        rows.execute("PRAGMA journal_mode = WAL")
        rows.execute("PRAGMA synchronous = NORMAL")
        rows.execute(
            "CREATE TABLE IF NOT EXISTS pictures (address BLOB PRIMARY KEY, location TEXT NOT NULL,"
            " etag TEXT, last_modified TEXT, sha256 TEXT NOT NULL, fetched_at REAL NOT NULL) WITHOUT ROWID"
        )
        return rows
    except BaseException:
        rows.close()
        raise


def _open_to_read(path: Path) -> sqlite3.Connection | None:
    if not path.exists():
        return None
    # Not mode=ro, which leaves the files of the write-ahead log behind.
    rows = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=rw", timeout=10, check_same_thread=False, uri=True
    )
    try:
        rows.execute("PRAGMA query_only = ON")
        rows.execute("SELECT 1 FROM pictures LIMIT 1").fetchone()
        return rows
    except sqlite3.Error:
        rows.close()
        return None


def _key(address: str) -> bytes:
    return hashlib.sha256(address.encode()).digest()
