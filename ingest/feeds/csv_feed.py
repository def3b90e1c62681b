"""CSV and TSV feeds: a header line, one item a row, UTF-8 or UTF-16."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from ingest.feeds.lines import TextLines
from ingest.feeds.rows import FeedUnreadable, Problem, Row
from ingest.feeds.source import Source

MAX_COLUMNS = 1_000
_DELIMITERS = ",;\t|"
_SURROGATE = re.compile("[\ud800-\udfff]")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_csv(source: Source) -> Iterator[Row | Problem]:
    """Rows of the feed; a row that cannot be read is a Problem, and the next one follows.

    Raises FeedUnreadable if the header is unusable.
    """
    # Bytes that are not UTF-8 become lone surrogates, so that only the row they stand in is refused.
    with io.TextIOWrapper(source.open(), encoding_of(source.head), "surrogateescape", newline="") as file:
        lines = TextLines(file)
        delimiter = _delimiter(lines.peek())
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        header = header_of(source.name, reader)
        while True:
            lines.row()
            first_line = lines.number + 1
            cells, error = [""], None
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as broken:
                error = f"not CSV: {broken}"
            if not cells:
                continue
            if error or len(cells) != len(header):  # a quote that is never closed takes the rows behind it
                lines.end_row_before(partial(_is_row, len(header), delimiter))
            place = _place(source, first_line, lines.number)
            if error:
                yield _malformed(place, error, header, delimiter, lines.row())
            else:
                yield _row(place, header, cells, delimiter, lines)


def read_text(place: str, raw: dict[str, Any]) -> Row | Problem | None:
    """A row that could not be read, once it is mended: `raw` as the rejects file has it."""
    header, delimiter, text = raw["header"], raw["delimiter"], raw["text"]
    lines = TextLines(io.StringIO(text, newline=""))
    try:
        rows = [cells for cells in csv.reader(lines, delimiter=delimiter, strict=True) if cells]
    except csv.Error as error:
        return _malformed(place, f"not CSV: {error}", header, delimiter, text)
    if len(rows) != 1:
        return _malformed(place, f"is {len(rows)} rows rather than one", header, delimiter, text)
    return _row(place, header, rows[0], delimiter, lines)


def encoding_of(head: bytes) -> str:
    """UTF-16 if it begins with that byte order mark, else UTF-8, with one or without."""
    return "utf-16" if head.startswith(_UTF16) else "utf-8-sig"


def header_in(head: bytes) -> list[str]:
    """The columns that the first line of a feed names; nothing if that is no CSV."""
    lines = head.decode(encoding_of(head), "replace").splitlines(keepends=True)
    delimiter = _delimiter(lines[0] if lines else "")
    try:
        return [name.strip() for name in next(csv.reader(lines, delimiter=delimiter), [])]
    except csv.Error:
        return []


def header_of(name: str, reader: Iterator[list[str]]) -> list[str]:
    try:
        header = [column.strip() for column in next(reader, [])]
    except csv.Error as error:
        raise FeedUnreadable(f"{name}: the header line is not CSV: {error}") from error
    if len(header) > MAX_COLUMNS:
        raise FeedUnreadable(f"{name}: {len(header):,} columns; at most {MAX_COLUMNS:,} are read.")
    if any(_is_broken(column) for column in header):
        raise FeedUnreadable(f"{name}: the header line is not UTF-8; save the feed as UTF-8.")
    if any("\0" in column for column in header):
        raise FeedUnreadable(f"{name}: the header line holds NULs; if it is UTF-16, save it as UTF-8.")
    named = [column for column in header if column]
    if twice := sorted({column for column in named if named.count(column) > 1}):
        raise FeedUnreadable(f"{name}: the header names {', '.join(map(repr, twice))} more than once.")
    return header


def _row(place: str, header: list[str], cells: list[str], delimiter: str, lines: TextLines) -> Row | Problem:
    if len(cells) != len(header):
        reason = f"has {len(cells)} cells, but the header has {len(header)} columns"
        return _malformed(place, reason, header, delimiter, lines.row())
    if _is_broken("".join(cells)):
        name = next(name for name, cell in zip(header, cells, strict=True) if _is_broken(cell))
        return _malformed(place, f"{name}: is not UTF-8", header, delimiter, lines.row())
    named = dict(zip(header, cells, strict=True))
    if "" in named:
        if any(cell.strip() for name, cell in zip(header, cells, strict=True) if not name):
            reason = "has a cell under a column without a name"
            return _malformed(place, reason, header, delimiter, lines.row())
        del named[""]
    return Row(place, named, kind="csv")


def _malformed(place: str, reason: str, header: list[str], delimiter: str, text: str) -> Problem:
    # What is no UTF-8 is kept visibly, as \xe9: the person who mends the row sees what stood there.
    seen = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    raw = {"kind": "csv", "header": header, "delimiter": delimiter, "text": seen}
    return Problem(place, "row_malformed", reason, raw)


def _is_broken(text: str) -> bool:
    return not text.isascii() and _SURROGATE.search(text) is not None


def _delimiter(header_line: str) -> str:
    return max(_DELIMITERS, key=header_line.count)


def _is_row(columns: int, delimiter: str, line: str) -> bool:
    """Whether a line is a row of so many columns by itself, and not the end of a text in quotes."""
    if line.count('"') % 2:
        return False
    try:
        return len(next(csv.reader([line], delimiter=delimiter, strict=True), [])) == columns
    except csv.Error:
        return False


def _place(source: Source, first_line: int, last_line: int) -> str:
    if last_line <= first_line:
        return f"{source.name} line {first_line}"
    return f"{source.name} lines {first_line}-{last_line}"
