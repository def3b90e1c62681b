"""One ingest, as a sentence: read rows, batch them, prepare, embed, write, and count what happened."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from itertools import islice
from pathlib import Path

from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_random_exponential

from catalog.encoder import Encoder
from catalog.errors import IndexUnavailable, ItemInvalid
from catalog.images import ImageLimits
from catalog.index import ItemIndex
from catalog.settings import Settings
from ingest.feeds.open_feed import Feed
from ingest.feeds.rows import Problem, Row
from ingest.fetch.fetcher import open_fetcher
from ingest.fetch.validators import PictureMemory
from ingest.look import Looker
from ingest.overlap import overlap
from ingest.prepare import Placed, Preparer
from ingest.report import Report
from ingest.write import embed, write

# A store that answers "not now" is asked again for so long before the ingest gives up; it can be run again.
RETRY_S = 60.0

_patiently = retry(
    retry=retry_if_exception_type(IndexUnavailable),
    wait=wait_random_exponential(multiplier=0.5, max=10),
    stop=stop_after_delay(RETRY_S),
    reraise=True,
)


def ingest(
    feed: Feed,
    settings: Settings,
    encoder: Encoder,
    index: ItemIndex,
    on_progress: Callable[[Report], None] = lambda report: None,
) -> Report:
    """Bring the index up to the feed: insert and update. Items that the feed lacks are left alone.

    Idempotent: a feed that has not changed costs no embedding and no write. Raises FeedUnreadable, and the
    errors of ItemIndex and Encoder; what was written before stays written, and a new run goes on from there.
    """
    report = Report(feed.name)
    index.ensure()
    with _looker(feed.folder, settings, encoder) as looker:
        batches = _batches(_entries(feed.rows), settings.ingest_batch_items)
        prepare = _patiently(Preparer(index, looker).prepare)
        prepared = overlap(prepare, batches, abandon=looker.fetcher.cancel)
        embedded = overlap(partial(embed, encoder), prepared)
        for batch in embedded:
            _patiently(write)(batch, index)
            report.add(batch.prepared)
            on_progress(report)
    return report


@contextmanager
def _looker(folder: Path, settings: Settings, encoder: Encoder) -> Iterator[Looker]:
    limits = ImageLimits(settings.max_image_bytes, settings.max_image_pixels)
    thumbnails = (settings.thumbnail_dir, settings.thumbnail_side_px)
    memory = PictureMemory(settings.state_dir / f"pictures-{settings.index_alias}.sqlite")
    with (
        closing(memory),
        ThreadPoolExecutor(thread_name_prefix="decode") as pool,
        open_fetcher(settings, pool) as fetcher,
    ):
        yield Looker(folder, encoder, limits, *thumbnails, pool, fetcher, memory)


def _entries(rows: Iterable[Row | Problem]) -> Iterator[Placed | Problem]:
    """The rows as items, each id once; a row that is none is a Problem."""
    # On disk rather than in memory, however long the feed is.
    seen = sqlite3.connect("", check_same_thread=False)
    try:
        seen.execute("CREATE TABLE seen (id TEXT PRIMARY KEY) WITHOUT ROWID")
        for row in rows:
            yield row if isinstance(row, Problem) else _entry(row, seen)
    finally:
        seen.close()


def _entry(row: Row, seen: sqlite3.Connection) -> Placed | Problem:
    try:
        item = row.to_item()
        if not seen.execute("INSERT OR IGNORE INTO seen VALUES (?)", (item.id,)).rowcount:
            raise ItemInvalid("id", f"{item.id!r} stands in this feed before; the first one counts")
        return Placed(row.place, item)
    except ItemInvalid as error:
        return Problem.of(row.place, error)


def _batches(entries: Iterator[Placed | Problem], size: int) -> Iterator[list[Placed | Problem]]:
    while batch := list(islice(entries, size)):
        yield batch
