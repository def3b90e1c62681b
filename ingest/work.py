"""The worker: keeps the index up to the feeds that the settings FEEDS and FEEDS_FILE name."""

import logging

from catalog.settings import Settings
from ingest.feeds_file import watched_feeds
from ingest.watch import follow, stop_on_signals

_log = logging.getLogger(__name__)


def work(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; a batch under way is finished first. A failed ingest is tried again."""
    stop = stop_on_signals()
    watched = watched_feeds(settings)
    if watched:
        follow(watched, settings, settings.feed_interval_s, stop)
    else:
        _log.warning("no feeds to keep up with: set FEEDS or FEEDS_FILE")
    stop.wait()
    _log.info("worker stopped")
