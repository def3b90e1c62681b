"""JSON Lines feeds: one object a line, UTF-8."""

from collections.abc import Iterator
from typing import Any

import orjson

from ingest.feeds.lines import MAX_LINE_BYTES, byte_lines
from ingest.feeds.rows import Problem, Row
from ingest.feeds.source import Source


def read_jsonl(source: Source) -> Iterator[Row | Problem]:
    """Objects of the feed; a line that cannot be read is a Problem, and the next one follows."""
    with source.open() as file:
        for number, line in enumerate(byte_lines(file), start=1):
            place = f"{source.name} line {number}"
            if line is None:
                yield Problem(place, "row_malformed", f"is longer than {MAX_LINE_BYTES:,} bytes")
            elif line.strip():
                yield parse(place, line.removeprefix(b"\xef\xbb\xbf"))


def parse(place: str, line: bytes) -> Row | Problem:
    """The object on a line."""
    reason = "is not an object"
    try:
        fields = orjson.loads(line)
        if isinstance(fields, dict):
            return Row(place, fields)
    except orjson.JSONDecodeError as error:
        reason = f"not JSON: {error}"
    raw = {"kind": "jsonl", "text": line.decode("utf-8", "backslashreplace").strip()}
    return Problem(place, "row_malformed", reason, raw)


def read_text(place: str, raw: dict[str, Any]) -> Row | Problem:
    """A line that could not be read, once it is mended: `raw` as the rejects file has it."""
    return parse(place, str(raw["text"]).encode("utf-8", "surrogatepass"))
