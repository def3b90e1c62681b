"""Opens a feed by what it is: a folder, a CSV or TSV, or a JSON Lines file."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.feeds.csv_feed import read_csv
from ingest.feeds.folder_feed import read_folder
from ingest.feeds.jsonl_feed import read_jsonl
from ingest.feeds.rows import FeedUnreadable, Problem, Row

_READERS = {".csv": read_csv, ".tsv": read_csv, ".jsonl": read_jsonl, ".ndjson": read_jsonl}


@dataclass(frozen=True)
class Feed:
    """`rows` is a stream that can be read once. Pictures are looked for relative to `folder`."""

    name: str
    folder: Path
    rows: Iterator[Row | Problem]


def open_feed(location: str) -> Feed:
    """Raises FeedUnreadable, here or while the rows are read."""
    path = Path(location).expanduser()
    if path.is_dir():
        return Feed(path.name or str(path), path, read_folder(path))
    if not path.exists():
        raise FeedUnreadable(f"{location}: there is no such file or folder.")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise FeedUnreadable(f"{location}: should be a folder or end in {', '.join(_READERS)}.")
    return Feed(path.name, path.parent, _reported(path, reader(path)))


def _reported(path: Path, rows: Iterator[Row | Problem]) -> Iterator[Row | Problem]:
    try:
        yield from rows
    except OSError as error:
        raise FeedUnreadable(f"{path}: cannot be read ({error.strerror}).") from error
