"""The worker: keeps the index up to the feeds in the setting FEEDS, each ingested when it has changed."""

import logging
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

from catalog.encoder import Encoder, open_encoder
from catalog.errors import CatalogError
from catalog.settings import Settings
from ingest.feeds.address import fetch_limits, seen_as
from ingest.fetch.locations import is_address
from ingest.report import Report
from ingest.run import run_feed

_log = logging.getLogger(__name__)

# What a feed looked like; None where nothing tells, so that it is read again each time.
Signature = tuple[tuple[str, int, int], ...] | str | None


class Stopped(Exception):
    """Raised between two batches when the worker is told to stop."""


def work(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; a batch under way is finished first. A failed ingest is tried again."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if not settings.feeds:
        _log.warning("no feeds to keep up with: set FEEDS")
    watched = [_Watched(location) for location in settings.feeds]
    encoder = open_encoder(settings) if watched else None
    while encoder and not stop.is_set():
        for feed in watched:
            try:
                feed.bring_up_to_date(settings, encoder, _stop_if(stop))
            except Stopped:
                break
        stop.wait(settings.feed_interval_s)
    stop.wait()
    _log.info("worker stopped")


def _stop_if(stop: threading.Event) -> Callable[[Report], None]:
    def check(report: Report) -> None:
        if stop.is_set():
            raise Stopped

    return check


class _Watched:
    """A feed and what it looked like when it was last ingested whole."""

    def __init__(self, location: str) -> None:
        self.location = location
        self._seen: Signature | None = None

    def bring_up_to_date(
        self, settings: Settings, encoder: Encoder, on_progress: Callable[[Report], None]
    ) -> None:
        try:
            signature = self._look(settings)
            if signature is not None and signature == self._seen:
                return
            report = run_feed(self.location, settings, on_progress, encoder)
        except (CatalogError, OSError) as error:
            _log.error(
                "%s: not ingested, tried again in %g s: %s", self.location, settings.feed_interval_s, error
            )
            return
        for line in report.lines():
            _log.info("%s", line)
        self._seen = signature

    def _look(self, settings: Settings) -> Signature:
        if not is_address(self.location):
            return _signature(Path(self.location))
        before = self._seen if isinstance(self._seen, str) else None
        return seen_as(self.location, fetch_limits(settings), before)


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
