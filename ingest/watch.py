"""Keeps the index up to feeds: ingests each now, whenever it has changed, and now and then all the same."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from catalog.errors import CatalogError
from catalog.known_encoders import KnownEncoders
from catalog.settings import Settings
from ingest.feeds.address import fetch_limits, seen_as
from ingest.fetch.locations import is_address, without_credentials
from ingest.metrics import RoundOutcome
from ingest.run import RunOptions, run_feeds

_log = logging.getLogger(__name__)

# What a feed looked like; None where nothing tells, so that it is read again each time.
Signature = tuple[tuple[str, int, int], ...] | str | None


class Stopped(Exception):
    """Raised between two batches, and while another ingest is waited for, when the worker is told to stop."""


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


class Watched:
    """Feeds that are one catalogue, and what they looked like when they were last ingested whole."""

    def __init__(self, locations: Sequence[str], options: RunOptions) -> None:
        self.locations = locations
        self._options = options
        self._seen: list[Signature] = [None] * len(locations)
        self._ingested_at: float | None = None

    @property
    def name(self) -> str:
        return ", ".join(map(without_credentials, self.locations))

    def bring_up_to_date(
        self, settings: Settings, encoders: KnownEncoders, check: Callable[[], None], retried_in_s: float
    ) -> RoundOutcome:
        """Ingest them if they have changed, or it is time to look at their pictures again.

        What fails is logged and tried again at the next call. `check` may raise to stop.
        """
        try:
            signatures = [_look(*one, settings) for one in zip(self.locations, self._seen, strict=True)]
            if self._is_current(signatures, settings):
                return "unchanged"
            began = time.monotonic()
            reports = run_feeds(
                self.locations, settings, lambda report: check(), self._options, encoders, check
            )
        except (CatalogError, OSError) as error:
            _log.error("%s: not ingested, tried again in %g s: %s", self.name, retried_in_s, error)
            return "failed"
        for line in (line for report in reports for line in report.lines()):
            _log.info("%s", line)
        self._seen, self._ingested_at = signatures, began
        return "ok" if all(report.ok for report in reports) else "in_part"

    def _is_current(self, signatures: Sequence[Signature], settings: Settings) -> bool:
        """Nothing changed. Pictures may, under the same names: what a feed looks like does not tell."""
        if self._ingested_at is None or time.monotonic() - self._ingested_at >= settings.feed_recheck_s:
            return False
        return None not in signatures and signatures == self._seen


def follow(
    watched: Sequence[Watched],
    settings: Settings,
    every_s: float,
    stop: threading.Event,
    encoders: KnownEncoders,
    after_round: Callable[[Sequence[RoundOutcome]], None] = lambda outcomes: None,
) -> None:
    """Look at all of them every so many seconds until `stop` is set; a batch under way is finished first."""

    def check() -> None:
        if stop.is_set():
            raise Stopped

    while not stop.is_set():
        outcomes: list[RoundOutcome] = []
        for one in watched:
            try:
                outcomes.append(one.bring_up_to_date(settings, encoders, check, every_s))
            except Stopped:
                return
        after_round(outcomes)
        stop.wait(every_s)


def _look(location: str, seen: Signature, settings: Settings) -> Signature:
    if not is_address(location):
        return _signature(Path(location).expanduser())
    return seen_as(location, fetch_limits(settings), seen if isinstance(seen, str) else None)


def _signature(path: Path) -> Signature:
    """Path, size and modification time of the feed: of every file in it, if it is a folder."""
    paths = (
        [Path(root) / name for root, _, names in os.walk(path) for name in names] if path.is_dir() else [path]
    )
    found = []
    for one in sorted(paths):
        try:
            status = one.stat()
        except OSError:
            continue  # gone since it was listed; the next look sees the same
        found.append((str(one), status.st_size, status.st_mtime_ns))
    return tuple(found)
