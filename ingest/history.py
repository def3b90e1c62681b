"""Tells the outcome of a run, and of the one that goes on, as catalog/runs.py keeps them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from catalog.runs import Reason, Rejects, Run, add_run, last_runs, line_of, parsed
from catalog.settings import Settings
from ingest.fetch.locations import without_credentials
from ingest.report import Report


def record(
    settings: Settings,
    feeds: Sequence[str],
    began: datetime,
    outcome: Report | str,
    rejects: Path | None = None,
) -> None:
    """Keep a run that has ended: by its report, or by the error that ended it. The caller holds the lock.

    `rejects`: the file for what could not be taken.
    """
    if isinstance(outcome, Report):
        add_run(settings, run_of(feeds, began, [outcome], rejects))
    else:
        add_run(settings, run_of(feeds, began, []).model_copy(update={"error": outcome}))


def run_of(
    feeds: Sequence[str], began: datetime, reports: Sequence[Report], rejects: Path | None = None
) -> Run:
    """A run as its reports stand now."""
    rejected = sum(report.rejected for report in reports)
    return Run(
        feeds=tuple(without_credentials(feed) for feed in feeds),
        began=began.replace(microsecond=0),
        seconds=round((datetime.now(UTC) - began).total_seconds(), 1),
        read=sum(report.read for report in reports),
        items=_summed([report.items for report in reports]),
        problems=_summed([report.problems for report in reports]),
        reasons=tuple(
            Reason(place=one.place, code=one.code, reason=one.reason)
            for report in reports
            for one in report.first_problems
        ),
        rejects=Rejects(file=str(rejects.resolve()), rows=rejected) if rejects and rejected else None,
    )


def history_of(settings: Settings) -> bytes:
    """All of it, for a backup."""
    return b"".join(line_of(run) for run in last_runs(settings))


def put_back_history(settings: Settings, content: bytes) -> None:
    """From a backup, where there is none: what has run here since is worth more."""
    if not last_runs(settings):
        for run in (parsed(Run, line) for line in content.splitlines()):
            if run is not None:
                add_run(settings, run)


def _summed(counts: Sequence[dict[str, int]]) -> dict[str, int]:
    names = dict.fromkeys(name for one in counts for name in one)
    return {name: sum(one.get(name, 0) for one in counts) for name in names}
