"""Runs over feeds: ingests them as one catalogue, or compares them with the index."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from catalog.errors import CatalogError, IndexEmpty
from catalog.index import ItemIndex
from catalog.known_encoders import KnownEncoders
from catalog.settings import Settings
from catalog.under_way import telling
from ingest.absent import delete_absent, find_absent, refusal
from ingest.compare import NAMED_AT_MOST, Differences, compare
from ingest.connect import connected
from ingest.feed_writer import FeedWriter, ensure
from ingest.feeds.address import fetch_limits
from ingest.feeds.open_feed import Feed, FeedOptions, open_feed
from ingest.feeds.rejects import RejectsFile
from ingest.feeds.rows import FeedUnreadable, Problem
from ingest.finished import FinishedRows, finished_path
from ingest.history import record, run_of
from ingest.lock import only_ingest
from ingest.pipeline import ingest
from ingest.report import Report
from ingest.seen import SeenItems
from ingest.targets import Targets

OnProgress = Callable[[Report], None]


@dataclass(frozen=True)
class RunOptions:
    """`delete_at_most`: the share of the index that may be absent and is deleted; None deletes nothing.

    `resume`: whether what an interrupted run over the same feeds has finished is not looked at again.
    """

    kind: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    rejects: Path | None = None
    delete_at_most: float | None = None
    resume: bool = False


def run_feeds(
    locations: Sequence[str],
    settings: Settings,
    on_progress: OnProgress,
    options: RunOptions,
    encoders: KnownEncoders | None = None,
    while_waiting: Callable[[], None] = lambda: None,
) -> list[Report]:
    """Ingest the feeds as one catalogue, each item from the first that has it; a report for each.

    `while_waiting` is called now and then while another ingest is waited for. Raises CatalogError in words
    for the person who called it; then nothing is deleted.
    """
    encoders = encoders or KnownEncoders(settings)
    with (
        only_ingest(settings, while_waiting) as still_held,
        # Not before the lock is held: the model may be changed, and the feeds may be, while it is waited for.
        connected(settings, encoders) as (index, _),
    ):
        feeds = open_feeds(locations, settings, options)
        now = _Now(locations, options.rejects)

        def on_batch(report: Report) -> None:
            still_held()
            now.add(report)
            on_progress(report)

        with (
            SeenItems() as seen,
            FinishedRows(finished(locations, settings, options), options.resume) as rows,
            telling(settings, lambda: now.run),
        ):
            try:
                ensure(settings, index)
                targets = Targets(index, encoders)
                reports = _ingest(feeds, settings, targets, seen, rows, on_batch, options)
            except CatalogError as error:
                record(settings, locations, now.began, str(error))
                raise
            for location, report in zip(locations, reports, strict=True):
                record(settings, [location], now.began, report, options.rejects)
            return reports


class _Now:
    """The run as it stood after its last batch, for whoever looks meanwhile."""

    def __init__(self, locations: Sequence[str], rejects: Path | None) -> None:
        self.began = datetime.now(UTC)
        self._locations = locations
        self._rejects = rejects
        self._reports: list[Report] = []
        self.run = run_of(locations, self.began, [])

    def add(self, report: Report) -> None:
        if not self._reports or self._reports[-1] is not report:
            self._reports.append(report)
        self.run = run_of(self._locations, self.began, self._reports, self._rejects)


def finished(locations: Sequence[str], settings: Settings, options: RunOptions) -> Path:
    """Where a run keeps what it has finished, as long as it has not ended well."""
    return finished_path(settings, locations, options.kind, options.columns)


def compare_feeds(
    locations: Sequence[str], settings: Settings, on_progress: OnProgress, options: RunOptions
) -> Differences:
    """What `run_feeds` would change. Nothing is written, not even a lock."""
    with connected(settings) as (index, encoder), SeenItems() as seen:
        began = datetime.now(UTC)
        differences = Differences()
        on_problems = _rejecting(options)
        for feed in open_feeds(locations, settings, options):
            compare(feed, settings, encoder, index, seen, differences, on_progress, on_problems)
        if options.delete_at_most is not None:
            _note_absent(index, seen, began, differences, options.delete_at_most)
        return differences


def open_feeds(locations: Sequence[str], settings: Settings, options: RunOptions) -> list[Feed]:
    """Raises FeedUnreadable for the first that cannot be opened, or that the rejects would overwrite."""
    rejects = options.rejects.resolve() if options.rejects else None
    for location in locations:
        if Path(location).expanduser().resolve() == rejects:
            raise FeedUnreadable(f"{location}: is read as a feed, so the rejects cannot be written there.")
    limits = fetch_limits(settings)
    return [open_feed(one, FeedOptions(options.kind, options.columns, limits)) for one in locations]


def _ingest(
    feeds: Sequence[Feed],
    settings: Settings,
    targets: Targets,
    seen: SeenItems,
    rows: FinishedRows,
    on_progress: OnProgress,
    options: RunOptions,
) -> list[Report]:
    began = datetime.now(UTC)
    encoder, index = targets.own.encoder, targets.own.index
    stored = index.count({})
    on_problems = _rejecting(options)
    reports = [
        ingest(feed, settings, encoder, index, on_progress, seen, on_problems, began, targets, rows)
        for feed in feeds
    ]
    if options.delete_at_most is not None:
        with closing(FeedWriter(settings, targets, began)) as writer:
            deleted = delete_absent(index, writer, seen, began, stored, options.delete_at_most)
        if isinstance(deleted, Problem):
            reports[-1].add_problem(deleted)
        else:
            reports[-1].items["deleted"] += deleted
    return reports


def _note_absent(
    index: ItemIndex, seen: SeenItems, began: datetime, differences: Differences, at_most: float
) -> None:
    try:
        absent, stored = find_absent(index, seen, began), index.count({})
    except IndexEmpty:
        return
    differences.note("absent", seen.absent_items(NAMED_AT_MOST), absent)
    differences.refusal = refusal(absent, stored, seen, at_most)


def _rejecting(options: RunOptions) -> Callable[[Sequence[Problem]], None]:
    return RejectsFile(options.rejects).add if options.rejects else lambda problems: None
