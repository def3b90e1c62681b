"""Rejects: what could not be taken, each as it stood and with the reason, on a line that can be fed again."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from catalog.errors import CatalogError
from ingest.feeds import csv_feed, jsonl_feed
from ingest.feeds.jsonl_feed import read_jsonl
from ingest.feeds.lines import MAX_LINE_BYTES
from ingest.feeds.rows import Problem, Row
from ingest.feeds.source import Source

_TEXTS = {"csv": csv_feed.read_text, "jsonl": jsonl_feed.read_text}


class RejectsRefused(CatalogError):
    """The file for the rejects holds something else, which would be lost."""

    code = "rejects_refused"


class RejectsFile:
    """A file for the rejects of a run; made only if there is one. Those of a run before are lost.

    Raises RejectsRefused for a file that holds anything else.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if path.exists() and not _holds_rejects(path):
            raise RejectsRefused(f"{path}: is no file of rejects; it is left as it is, name another one.")
        path.unlink(missing_ok=True)

    def add(self, problems: Iterable[Problem]) -> None:
        """Append those that keep what stood in the feed; a picture that failed keeps no row of its own."""
        lines = [_line(problem) for problem in problems if problem.raw is not None]
        if lines:
            with self._path.open("ab") as file:
                file.write(b"".join(lines))


def _holds_rejects(path: Path) -> bool:
    with path.open("rb") as file:
        line = file.readline(MAX_LINE_BYTES)
    try:
        first = orjson.loads(line)
    except orjson.JSONDecodeError:
        return not line  # an empty file holds nothing to lose
    return isinstance(first, dict) and is_reject(first)


def is_reject(fields: Mapping[str, Any]) -> bool:
    """Whether an object is a line of a rejects file."""
    return isinstance(fields.get("rejected"), dict) and "kind" in fields


def read_rejects(source: Source) -> Iterator[Row | Problem]:
    """Rows of a rejects file; one that is still wrong is a Problem again."""
    for entry in read_jsonl(source):
        yield _mended(entry) if isinstance(entry, Row) else entry


def _line(problem: Problem) -> bytes:
    rejected = {"place": problem.place, "code": problem.code, "reason": problem.reason}
    line = {"rejected": rejected, **(problem.raw or {})}
    try:
        return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:  # a lone surrogate, which no JSON text can hold
        return orjson.dumps(_printable(line), option=orjson.OPT_APPEND_NEWLINE)


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, Mapping):
        return {_printable(name): _printable(one) for name, one in value.items()}
    return [_printable(one) for one in value] if isinstance(value, list) else value


def _mended(line: Row) -> Row | Problem:
    kind, row, text = (line.fields.get(name) for name in ("kind", "row", "text"))
    if isinstance(kind, str) and isinstance(row, dict):
        return Row(line.place, row, kind=kind)
    if isinstance(kind, str) and kind in _TEXTS and isinstance(text, str) and _is_whole(line.fields):
        mended = _TEXTS[kind](line.place, dict(line.fields))
        if mended is not None:
            return mended
    reason = "holds neither a row nor a text that can be read again: mend the feed that it came from"
    return Problem(line.place, "row_malformed", reason, dict(line.fields))


def _is_whole(fields: Mapping[str, Any]) -> bool:
    if fields["kind"] != "csv":
        return True
    header = fields.get("header")
    return (
        isinstance(header, list)
        and all(isinstance(column, str) for column in header)
        and fields.get("delimiter") in (",", ";", "\t", "|")
    )
