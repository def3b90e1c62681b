"""What came in and how: runs over feeds, pushed writes, and those of them that failed for good."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from catalog.runs import Run, last_runs
from catalog.settings import Settings
from catalog.under_way import UnderWay, under_way
from catalog.writes.dead import DeadLetter, letters
from catalog.writes.ingests import Ingest
from catalog.writes.queue import WriteQueue

_RUNS_SHOWN = 20
_PUSHES_SHOWN = 20
_LETTERS_SHOWN = 50


@dataclass(frozen=True)
class Runs:
    """`now`: the run under way, or the one that was killed last; `past`: the last ones, the newest first."""

    now: UnderWay[Run] | None
    past: list[Run]


@dataclass(frozen=True)
class Push:
    """A request that brought writes. `counts`: its operations by outcome."""

    id: str
    accepted: datetime
    state: str
    counts: dict[str, int]


@dataclass(frozen=True)
class Pushes:
    """`oldest_s`: the age of the oldest operation that waits, in seconds; None if none does."""

    waiting: int
    most: int
    oldest_s: float | None
    last: list[Push]


@dataclass(frozen=True)
class Letter:
    id: str
    op: str
    item_id: str
    code: str
    reason: str
    failed: datetime


@dataclass(frozen=True)
class Letters:
    """`shown`: the newest first."""

    total: int
    shown: list[Letter]


def runs(settings: Settings) -> Runs:
    return Runs(under_way(settings, Run), last_runs(settings)[: -_RUNS_SHOWN - 1 : -1])


def pushes(settings: Settings, queue: WriteQueue) -> Pushes:
    """Raises QueueUnavailable."""
    figures = queue.figures()
    age_s = max(0.0, time.time() - figures.oldest) if figures.oldest is not None else None
    last = [_push(one) for one in queue.last_ingests(_PUSHES_SHOWN)]
    return Pushes(figures.waiting, settings.max_queued_writes, age_s, last)


def dead_letters(queue: WriteQueue) -> Letters:
    """Raises QueueUnavailable."""
    found = letters(queue.parts.dead)
    return Letters(len(found), [_letter(one) for one in found[: -_LETTERS_SHOWN - 1 : -1]])


def _push(ingest: Ingest) -> Push:
    counts: dict[str, int] = {}
    for _, outcome in ingest.operations:
        counts[outcome.outcome] = counts.get(outcome.outcome, 0) + 1
    return Push(ingest.id, _moment(ingest.accepted), ingest.state, counts)


def _letter(letter: DeadLetter) -> Letter:
    operation = letter.entry.operation
    return Letter(letter.id, operation.op, operation.item_id, letter.code, letter.detail, _moment(letter.at))


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
