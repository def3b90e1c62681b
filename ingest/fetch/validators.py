"""What a server knows a picture by (ETag, Last-Modified), and the memory of it from one ingest to the next.

The memory is a hint and no more. A server is asked on condition only where the index holds the very content,
by SHA-256, that the validator stands for; a lost, stale or foreign row costs a download at most.
"""

import hashlib
import logging
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

from ingest.fetch.locations import Location

_log = logging.getLogger(__name__)

Headers = Mapping[str, str]

# About 250 bytes a row; when there are more, the oldest tenth goes.
MAX_ROWS = 1_000_000
MAX_VALIDATOR_CHARS = 200
# After so long a picture is fetched anew, lest a server that answers 304 to everything hide a change.
TRUSTED_S = timedelta(days=30).total_seconds()
# RFC 9110, 8.8.2.2: what changes twice within a second has one Last-Modified; this keeps well clear of it.
_SETTLED = timedelta(seconds=60)


@dataclass(frozen=True)
class Validator:
    """`location`: where the picture was in the end, after redirects; no other address is asked with it."""

    location: str
    etag: str | None
    last_modified: str | None

    @property
    def conditions(self) -> dict[str, str]:
        """The headers that ask for the picture only if it has changed."""
        if self.etag is not None:
            return {"If-None-Match": self.etag}
        return {"If-Modified-Since": self.last_modified} if self.last_modified is not None else {}


def validator_of(location: Location, headers: Headers) -> Validator | None:
    """What the answer from `location` can be asked for by; None if that is nothing, or nothing to rely on."""
    etag = headers.get("etag") or None
    modified = headers.get("last-modified") if _settled(headers) else None
    if any(not text.isascii() or len(text) > MAX_VALIDATOR_CHARS for text in (etag, modified) if text):
        return None
    return Validator(str(location), etag, modified) if etag or modified else None


def _settled(headers: Headers) -> bool:
    try:
        sent, modified = (parsedate_to_datetime(headers.get(name, "")) for name in ("date", "last-modified"))
        return sent - modified >= _SETTLED
    except (ValueError, TypeError):  # TypeError: one of them without its time zone
        return False


@dataclass(frozen=True)
class Known:
    """A validator and the SHA-256 of the picture that came with it."""

    validator: Validator
    sha256: str


class PictureMemory:
    """Known pictures by the address that a feed gives, in a SQLite file; for one thread at a time.

    A file that fails costs downloads, never the ingest.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._rows = _open(path)
        except sqlite3.DatabaseError:
            _log.warning("%s is damaged and begun anew: pictures are fetched once more", path)
            path.unlink()
            self._rows = _open(path)

    def get(self, address: str) -> Known | None:
        try:
            found = self._rows.execute(
                "SELECT location, etag, last_modified, sha256 FROM pictures"
                " WHERE address = ? AND fetched_at > ?",
                (_key(address), time.time() - TRUSTED_S),
            ).fetchone()
        except sqlite3.Error as error:
            _log.warning("what is known of pictures cannot be read: %s", error)
            return None
        return Known(Validator(*found[:3]), found[3]) if found else None

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


def _open(path: Path) -> sqlite3.Connection:
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


def _key(address: str) -> bytes:
    return hashlib.sha256(address.encode()).digest()
