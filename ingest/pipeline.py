"""One ingest, as a sentence: read rows, batch them, prepare, embed, write, and count what happened."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from threading import Event

from catalog.encoder import Encoder
from catalog.errors import ItemInvalid
from catalog.index import ItemIndex
from catalog.known_encoders import KnownEncoders
from catalog.settings import Settings
from ingest.feed_writer import FeedWriter, opened_targets
from ingest.feeds.open_feed import Feed
from ingest.feeds.rows import NotForSale, Problem, Row
from ingest.fetch.memory import PictureMemory, memory_path
from ingest.finished import NOTHING_FINISHED, Finished, digest_of
from ingest.look import Looker, looking
from ingest.overlap import overlap
from ingest.patience import patiently
from ingest.prepare import Placed, Prepared, Preparer, StoredItems
from ingest.report import Report
from ingest.seen import SeenItems
from ingest.targets import Targets
from ingest.write import embed


@dataclass(frozen=True)
class Steps:
    """What entries go through on their way into the index, whichever engine hands them over."""

    looker: Looker
    targets: Targets
    writer: FeedWriter
    batch_items: int

    def at(self, folder: Path) -> "Steps":
        """For a feed whose pictures lie in that folder."""
        return replace(self, looker=replace(self.looker, folder=folder))

    def take(self, entries: Iterable[Placed | Problem]) -> Iterator[Prepared]:
        """Prepare, embed and write the entries in batches; each batch is yielded once it is written."""
        stored, useful_side_px = self.targets.own.index, self.targets.useful_side_px
        prepared = preparing(entries, self.batch_items, stored, self.looker, useful_side_px)
        write = patiently(self.writer.write)
        # Two at once: while the last of a batch are embedded, the first of the next fill the other cores.
        for batch in overlap(partial(embed, self.targets), prepared, threads=2):
            write(batch)
            yield batch.prepared


@contextmanager
def opened_steps(
    folder: Path, settings: Settings, encoder: Encoder, targets: Targets, began: datetime
) -> Iterator[Steps]:
    """`began`: when the run did; what was pushed since is newer than the feed."""
    with (
        closing(PictureMemory(memory_path(settings))) as memory,
        closing(FeedWriter(settings, targets, began)) as writer,
        looking(folder, settings, encoder, memory, settings.thumbnail_dir) as looker,
    ):
        yield Steps(looker, targets, writer, settings.ingest_batch_items)


def ingest(
    feed: Feed,
    settings: Settings,
    encoder: Encoder,
    index: ItemIndex,
    on_progress: Callable[[Report], None] = lambda report: None,
    seen: SeenItems | None = None,
    on_problems: Callable[[Sequence[Problem]], None] = lambda problems: None,
    began: datetime | None = None,
    targets: Targets | None = None,
    finished: Finished = NOTHING_FINISHED,
) -> Report:
    """Bring the index up to the feed: insert and update. Items that the feed lacks are left alone.

    `seen`: items of feeds that belong to this one, each of which counts once; this one's are added. `began`:
    when the run did, now by default; what was pushed since is newer than the feed. `targets`: of that run.
    `finished`: rows whose pictures need not be looked at again; those that are written are added.
    Idempotent: a feed that has not changed costs no embedding and no write. Raises FeedUnreadable, and the
    errors of ItemIndex and Encoder; what was written before stays written, and a new run goes on from there.
    """
    report = Report(feed.name)
    if targets is None:
        targets = opened_targets(settings, index, KnownEncoders(settings, encoder))
    with (
        nullcontext(seen) if seen is not None else SeenItems() as met,
        opened_steps(feed.folder, settings, encoder, targets, began or datetime.now(UTC)) as steps,
    ):
        for batch in steps.take(entries_of(feed.rows, met, report, finished)):
            finished.add(batch.finished)
            report.add(batch)
            report.shared_pictures += met.add_pictures(batch.pictures)
            on_problems(batch.problems)
            on_progress(report)
    return report


def preparing(
    entries: Iterable[Placed | Problem],
    batch_items: int,
    stored: StoredItems,
    looker: Looker,
    useful_side_px: Callable[[], int] | None = None,
) -> Iterator[Prepared]:
    """The entries in batches, each looked at beside what is stored."""
    given_up = Event()
    prepare = patiently(Preparer(stored, looker, useful_side_px).prepare, given_up)
    batches = _batches(iter(entries), batch_items)
    return overlap(prepare, batches, abandon=(given_up.set, looker.fetcher.cancel))


def entries_of(
    rows: Iterable[Row | Problem], seen: SeenItems, report: Report, finished: Finished = NOTHING_FINISHED
) -> Iterator[Placed | Problem]:
    """The rows as items, each id once; a row that is none is a Problem; what is not for sale is counted."""
    for row in rows:
        try:
            entry = row if isinstance(row, Problem) else _entry(row, seen, finished)
        except NotForSale:
            report.items["not_for_sale"] += 1
            continue
        if isinstance(entry, Problem):
            seen.add_failed(entry)
        yield entry


def _entry(row: Row, seen: SeenItems, finished: Finished) -> Placed | Problem:
    """Raises NotForSale."""
    try:
        item, version = row.read()
        if not seen.add(item.id):
            raise ItemInvalid("id", f"{item.id!r} stands in this feed before; the first one counts")
        raw = row.raw
        digest = digest_of(raw)
        return Placed(row.place, item, raw, digest, finished.has(item.id, digest), version)
    except ItemInvalid as error:
        return Problem.of(row.place, error, row)


def _batches(entries: Iterator[Placed | Problem], size: int) -> Iterator[list[Placed | Problem]]:
    while batch := list(islice(entries, size)):
        yield batch
