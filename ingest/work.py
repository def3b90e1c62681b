"""The worker: does pushed writes, and ingests the feeds of FEEDS and FEEDS_FILE when they have changed."""

import logging
from collections.abc import Sequence

from catalog.known_encoders import KnownEncoders
from catalog.settings import Settings
from ingest.feeds_file import watched_feeds
from ingest.metrics import RoundOutcome, WorkerMetrics, told_at
from ingest.pushes.worker import working_on_pushes
from ingest.reindex.kept import tidy
from ingest.watch import follow, stop_on_signals

_log = logging.getLogger(__name__)


def work(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; a batch under way is finished first. A failed ingest is tried again."""
    stop = stop_on_signals()
    watched = watched_feeds(settings)
    if not watched:
        _log.info("no feeds to keep up with, only pushed writes: set FEEDS or FEEDS_FILE")
    encoders = KnownEncoders(settings)
    encoders.own()  # so that a wrong CLIP_MODEL is told of at once
    metrics = WorkerMetrics()

    def after_round(outcomes: Sequence[RoundOutcome]) -> None:
        metrics.note_round(outcomes)
        tidy(settings)  # drops what was kept of collections for long enough

    with (
        told_at(settings.worker_metrics, metrics),
        working_on_pushes(settings, encoders, stop, metrics.note_pushed),
    ):
        follow(watched, settings, settings.feed_interval_s, stop, encoders, after_round)
    _log.info("worker stopped")
