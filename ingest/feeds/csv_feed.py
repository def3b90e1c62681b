"""CSV and TSV feeds: a header line, one item a row, UTF-8."""

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path

from ingest.feeds.rows import FeedUnreadable, Problem, Row

MAX_COLUMNS = 1_000
_DELIMITERS = ",;\t|"


def read_csv(path: Path) -> Iterator[Row | Problem]:
    """Rows of the file; a row that cannot be read is a Problem, and the next one follows.

    Raises FeedUnreadable if the header is unusable.
    """
    _refuse_utf16(path)
    # Bytes that are not UTF-8 become lone surrogates, so that only the row they stand in is refused.
    with path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
        delimiter = _delimiter(file.readline(1_000_000))
        file.seek(0)
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        header = _header(path, reader)
        while True:
            first_line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Problem(_place(path, first_line, reader.line_num), "row_malformed", f"not CSV: {error}")
                continue
            if cells:
                yield _row(_place(path, first_line, reader.line_num), header, cells)


def _row(place: str, header: list[str], cells: list[str]) -> Row | Problem:
    if len(cells) != len(header):
        reason = f"has {len(cells)} cells, but the header has {len(header)} columns"
        return Problem(place, "row_malformed", reason)
    for name, cell in zip(header, cells, strict=True):
        if any("\udc80" <= character <= "\udcff" for character in cell):
            return Problem(place, "row_malformed", f"{name}: is not UTF-8")
    return Row(place, dict(zip(header, cells, strict=True)))


def _header(path: Path, reader: Iterator[list[str]]) -> list[str]:
    try:
        header = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise FeedUnreadable(f"{path.name}: the header line is not CSV: {error}") from error
    if len(header) > MAX_COLUMNS:
        raise FeedUnreadable(f"{path.name}: {len(header):,} columns; at most {MAX_COLUMNS:,} are read.")
    if any("\udc80" <= character <= "\udcff" for name in header for character in name):
        raise FeedUnreadable(f"{path.name}: the header line is not UTF-8.")
    if twice := sorted({name for name in header if header.count(name) > 1}):
        raise FeedUnreadable(f"{path.name}: the header names {', '.join(map(repr, twice))} more than once.")
    if "id" not in [name.lower() for name in header]:
        raise FeedUnreadable(f"{path.name}: no column `id` in the header {', '.join(header)[:200]!r}.")
    return header


def _delimiter(header_line: str) -> str:
    return max(_DELIMITERS, key=header_line.count)


def _refuse_utf16(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            raise FeedUnreadable(f"{path.name}: is UTF-16; save it as UTF-8.")


def _place(path: Path, first_line: int, last_line: int) -> str:
    lines = f"line {first_line}" if last_line <= first_line else f"lines {first_line}-{last_line}"
    return f"{path.name} {lines}"
