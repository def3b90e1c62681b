"""What stands in a backup's manifest: what the backup is of, and what each of its files must be."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

# Raised with every change that an older Vitrine would read wrongly.
FORMAT = 1


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StoredFile(_Part):
    """One file of the archive."""

    name: str
    bytes: int
    sha256: str


class Thumbnails(_Part):
    """`sha256`: over the name and content of each, in the archive's order."""

    count: int
    sha256: str


class Model(_Part):
    """The model that built the collection."""

    name: str
    fingerprint: str
    loaded_from: str


class Manifest(_Part):
    """`contents_sum` and `points`: as catalog/contents.py has them; None if they were not taken.

    `waiting_writes`: pushes that were accepted and not done when the backup began, which are not in it.
    """

    format: int
    made_at: datetime
    vitrine: str
    store_engine: str
    store_version: str
    alias: str
    collection: str
    model: Model
    points: int | None
    contents_sum: str | None
    waiting_writes: int
    snapshots: int
    files: tuple[StoredFile, ...]
    thumbnails: Thumbnails | None

    def file(self, name: str) -> StoredFile:
        """Raises KeyError."""
        return {file.name: file for file in self.files}[name]


def format_of(content: Any) -> object:
    """What a manifest of any format says that it is."""
    return content.get("format") if isinstance(content, dict) else None
