"""Opens a feed by what it is: a folder, or a file of one of the kinds in kinds.py, wherever that lies."""

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from ingest.feeds.address import FetchLimits
from ingest.feeds.columns import Fields, Shape, mapped
from ingest.feeds.folder_feed import read_folder
from ingest.feeds.kinds import KINDS, SHAPES, kind_of
from ingest.feeds.rows import FeedUnreadable, Problem, Row
from ingest.feeds.source import Source, open_source
from ingest.fetch.locations import is_address, without_credentials


@dataclass(frozen=True)
class FeedOptions:
    """`kind`: a name in KINDS, None to see it in the feed. `columns`: the column of a field, by the field."""

    kind: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    limits: FetchLimits = FetchLimits()


@dataclass(frozen=True)
class Feed:
    """`rows` is a stream that can be read once. Pictures are looked for relative to `folder`."""

    name: str
    folder: Path
    rows: Iterator[Row | Problem]


def open_feed(location: str, options: FeedOptions = FeedOptions()) -> Feed:
    """Raises FeedUnreadable, here or while the rows are read."""
    path = Path(location).expanduser()
    if path.is_dir():
        return Feed(path.name or str(path), path, read_folder(path))
    try:
        source = open_source(location, options.limits)
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(without_credentials(location), error) from error
    kind = KINDS[options.kind or kind_of(source, dict(options.columns))]
    rows = _reported(source.name, lambda: kind.read(source))
    return Feed(source.name, source.folder, _shaped(rows, kind.shaped_as, options, source))


def _shaped(
    rows: Iterator[Row | Problem], shaped_as: str | None, options: FeedOptions, source: Source
) -> Iterator[Row | Problem]:
    shapes = {name: _shape(shape, options, source) for name, shape in SHAPES.items()}
    for row in rows:
        kind = shaped_as or (row.kind if isinstance(row, Row) else None)
        if isinstance(row, Problem):
            yield replace(row, raw=_part(row, shaped_as)) if row.raw else row
        elif kind not in shapes:
            yield Problem(row.place, "row_malformed", f"kind: {row.kind!r} is none of {', '.join(SHAPES)}")
        else:
            yield Row(row.place, row.fields, shapes[kind], kind)


def _part(problem: Problem, shaped_as: str | None) -> Mapping[str, Any] | None:
    """A row of a product of several is nothing by itself: it is kept to be read, not to be fed again."""
    raw = dict(problem.raw or {})
    return {**raw, "kind": shaped_as} if shaped_as and shaped_as.startswith("shopify") else raw


def _shape(shape: Shape, options: FeedOptions, source: Source) -> Shape:
    shape = mapped(shape, options.columns) if options.columns else shape
    return _joined(shape, source.address) if source.address else shape


def _joined(shape: Shape, address: str) -> Shape:
    """Pictures of a feed by address lie beside it: it must not name files of this machine.

    What a feed is fetched with, a user name and password in its address, is nothing to its pictures.
    """
    base = without_credentials(address)

    def shaped(fields: Fields) -> dict[str, Any]:
        made = shape(fields)
        if isinstance(made.get("images"), list):
            made["images"] = [_beside(base, one) if isinstance(one, str) else one for one in made["images"]]
        return made

    return shaped


def _beside(base: str, source: str) -> str:
    """What cannot be joined is made an address that is refused, so that it costs no other picture."""
    try:
        joined = urljoin(base, source)
    except ValueError:
        joined = source
    return joined if is_address(joined) else f"file:{joined}"


def _reported(name: str, read: Callable[[], Iterator[Row | Problem]]) -> Iterator[Row | Problem]:
    try:
        yield from read()
    except (OSError, EOFError, zlib.error, UnicodeError) as error:
        raise _unreadable(name, error) from error


def _unreadable(name: str, error: Exception) -> FeedUnreadable:
    reason = getattr(error, "strerror", None) or error
    return FeedUnreadable(f"{name}: cannot be read ({reason}).")
