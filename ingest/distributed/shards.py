"""Shards: contiguous pieces of the feeds, each of which is finished or begun anew as a whole."""

import hashlib
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from catalog.errors import CatalogError
from catalog.settings import Settings
from ingest.feeds.rows import Problem
from ingest.pipeline import entries_of
from ingest.prepare import Placed
from ingest.report import Report
from ingest.run import RunOptions, open_feeds
from ingest.seen import SeenItems


@dataclass(frozen=True)
class Shard:
    """Entries of one feed, which is the `feed`th of the run. `digest` tells its rows from other ones.

    `is_finished`: an interrupted run has finished it.
    """

    feed: int
    name: str
    folder: Path
    entries: Sequence[Placed | Problem]
    not_for_sale: int
    digest: bytes
    is_finished: bool


@dataclass
class Outcome:
    """What became of a shard: what a run counts, writes down and goes by later.

    `ids`: of its items, whether they could be written or not. `error`: what ends the run.
    """

    feed: int
    report: Report
    ids: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    pictures: list[tuple[str, str]] = field(default_factory=list)
    digest: bytes = b""
    error: str | None = None


def shards_of(
    locations: Sequence[str], settings: Settings, options: RunOptions, finished: Set[bytes]
) -> Iterator[Shard | Outcome]:
    """The feeds in shards, in their order, each item from the first that has it; every feed has at least one.

    A feed that cannot be read is an Outcome with an error, which is the last.
    """
    name = ", ".join(locations)
    try:
        with SeenItems() as seen:
            for number, feed in enumerate(open_feeds(locations, settings, options)):
                name, counted = feed.name, Report(feed.name)
                entries = entries_of(feed.rows, seen, counted)
                while True:
                    piece = list(islice(entries, options.shard_items))
                    digest = _digest(number, piece)
                    not_for_sale = counted.items.pop("not_for_sale", 0)
                    yield Shard(number, name, feed.folder, piece, not_for_sale, digest, digest in finished)
                    if len(piece) < options.shard_items:
                        break
    except CatalogError as error:
        yield Outcome(0, Report(name), error=str(error))


def _digest(feed: int, entries: Sequence[Placed | Problem]) -> bytes:
    digest = hashlib.sha256(b"%d" % feed)
    for entry in entries:
        digest.update(entry.digest if isinstance(entry, Placed) else b"a row that failed")
    return digest.digest()[:16]
