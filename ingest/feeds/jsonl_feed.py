"""JSON Lines feeds: one object a line, UTF-8."""

from collections.abc import Iterator
from typing import Any

import orjson

from ingest.feeds.lines import MAX_LINE_BYTES, byte_lines
from ingest.feeds.rows import Problem, Row
from ingest.feeds.source import Source

# orjson reads 1,024 levels and writes 254, of which a file of rejects takes a few for itself.
_MAX_LEVELS = 200


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
            if not _is_too_deep(line, fields):
                return Row(place, fields)
            reason = f"has more than {_MAX_LEVELS} levels"
    except orjson.JSONDecodeError as error:
        reason = f"not JSON: {error}"
    raw = {"kind": "jsonl", "text": line.decode("utf-8", "backslashreplace").strip()}
    return Problem(place, "row_malformed", reason, raw)


def _is_too_deep(line: bytes, fields: dict[str, Any]) -> bool:
    """Whether it can be read, but not written again, to rejects or beside the rest of a product."""
    if line.count(b"[") + line.count(b"{") <= _MAX_LEVELS:
        return False
    levels = 0
    level: list[dict[str, Any] | list[Any]] = [fields]
    while level:
        levels += 1
        inner = (one.values() if isinstance(one, dict) else one for one in level)
        level = [each for values in inner for each in values if isinstance(each, dict | list)]
    return levels > _MAX_LEVELS


def read_text(place: str, raw: dict[str, Any]) -> Row | Problem:
    """A line that could not be read, once it is mended: `raw` as the rejects file has it."""
    return parse(place, str(raw["text"]).encode("utf-8", "surrogatepass"))
