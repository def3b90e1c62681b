"""JSON Lines feeds: one object a line, UTF-8."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import orjson

from ingest.feeds.rows import Problem, Row

MAX_LINE_BYTES = 4_000_000


def read_jsonl(path: Path) -> Iterator[Row | Problem]:
    """Objects of the file; a line that cannot be read is a Problem, and the next one follows."""
    with path.open("rb") as file:
        for number, line in enumerate(_lines(file), start=1):
            place = f"{path.name} line {number}"
            if line is None:
                yield Problem(place, "row_malformed", f"is longer than {MAX_LINE_BYTES:,} bytes")
            elif line.strip():
                yield _row(place, line)


def _row(place: str, line: bytes) -> Row | Problem:
    try:
        fields = orjson.loads(line.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        return Problem(place, "row_malformed", f"not JSON: {error}")
    if not isinstance(fields, dict):
        return Problem(place, "row_malformed", "is not an object")
    return Row(place, fields)


def _lines(file: BinaryIO) -> Iterator[bytes | None]:
    """The lines; None for one that is too long, which is passed over without being held in memory."""
    while line := file.readline(MAX_LINE_BYTES + 1):
        if len(line) <= MAX_LINE_BYTES:
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(MAX_LINE_BYTES)
        yield None
