"""Runs over feeds: ingests them as one catalogue, or compares them with the index."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from catalog.errors import CatalogError, IndexEmpty
from catalog.index import ItemIndex
from catalog.known_encoders import KnownEncoders
from catalog.settings import Settings
from catalog.under_way import telling
from ingest.absent import delete_absent, find_absent, refusal
from ingest.compare import NAMED_AT_MOST, Differences, compare
from ingest.connect import connected
from ingest.feed_writer import FeedWriter, opened_targets
from ingest.feeds.address import fetch_limits
from ingest.feeds.open_feed import Feed, FeedOptions, open_feed
from ingest.feeds.rejects import RejectsFile
from ingest.feeds.rows import FeedUnreadable, Problem
from ingest.finished import FinishedRows, finished_path
from ingest.history import record, run_of
from ingest.pipeline import ingest
from ingest.report import Report
from ingest.seen import SeenItems
from ingest.targets import Targets
from ingest.turns import only_ingest

OnProgress = Callable[[Report], None]
Engine = Literal["local", "ray"]
# An item of two pictures takes 20 to 200 ms of a core, so that a shard is minutes of work at the most.
SHARD_ITEMS = 1_024


@dataclass(frozen=True)
class RunOptions:
    """`delete_at_most`: the share of the index that may be absent and is deleted; None deletes nothing.

    `resume`: whether what an interrupted run over the same feeds has finished is not looked at again.
    `engine`: what runs it; `workers` and `shard_items` are of `ray` alone, see docs/ray.md.
    """

    kind: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    rejects: Path | None = None
    delete_at_most: float | None = None
    resume: bool = False
    engine: Engine = "local"
    workers: int | None = None
    shard_items: int = SHARD_ITEMS


@dataclass(frozen=True)
class Run:
    """One run over feeds as one catalogue, whichever engine carries it out."""

    settings: Settings
    targets: Targets
    seen: SeenItems
    finished: FinishedRows
    began: datetime
    on_progress: OnProgress
    on_problems: Callable[[Sequence[Problem]], None]


IngestAll = Callable[[Run], list[Report]]


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
        ingest_all = _engine(locations, settings, options)
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
                targets = opened_targets(settings, index, encoders)
                run = Run(settings, targets, seen, rows, now.began, on_batch, _rejecting(options))
                reports = _carried_out(run, ingest_all, options.delete_at_most)
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
    return finished_path(settings, locations, options.kind, options.columns, options.engine)


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
    check_rejects(locations, options)
    limits = fetch_limits(settings)
    return [open_feed(one, FeedOptions(options.kind, options.columns, limits)) for one in locations]


def check_rejects(locations: Sequence[str], options: RunOptions) -> None:
    """Raises FeedUnreadable for a feed that the rejects would overwrite."""
    rejects = options.rejects.resolve() if options.rejects else None
    for location in locations:
        if Path(location).expanduser().resolve() == rejects:
            raise FeedUnreadable(f"{location}: is read as a feed, so the rejects cannot be written there.")


def _engine(locations: Sequence[str], settings: Settings, options: RunOptions) -> IngestAll:
    """What ingests the feeds, a report for each. Raises as `open_feeds`, before anything is written."""
    if options.engine == "ray":
        from ingest.distributed.engine import ray_engine  # Ray is an optional requirement

        check_rejects(locations, options)
        return ray_engine(locations, settings, options)
    feeds = open_feeds(locations, settings, options)
    return lambda run: [
        ingest(
            feed, settings, run.targets.own.encoder, run.targets.own.index, run.on_progress, run.seen,
            run.on_problems, run.began, run.targets, run.finished,
        )
        for feed in feeds
    ]  # fmt: skip


def _carried_out(run: Run, ingest_all: IngestAll, delete_at_most: float | None) -> list[Report]:
    index = run.targets.own.index
    stored = index.count({})
    reports = ingest_all(run)
    if delete_at_most is not None:
        with closing(FeedWriter(run.settings, run.targets, run.began)) as writer:
            deleted = delete_absent(index, writer, run.seen, run.began, stored, delete_at_most)
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
