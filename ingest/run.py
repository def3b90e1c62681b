"""Builds what one ingest needs, in the order that fails soonest, and runs it."""

from collections.abc import Callable

from catalog.collection import connect, ping
from catalog.encoder import Encoder, open_encoder
from catalog.index import ItemIndex
from catalog.settings import Settings
from ingest.feeds.open_feed import open_feed
from ingest.lock import only_ingest
from ingest.pipeline import ingest
from ingest.report import Report


def run_feed(
    location: str,
    settings: Settings,
    on_progress: Callable[[Report], None],
    encoder: Encoder | None = None,
) -> Report:
    """Ingest the feed at `location`. Raises CatalogError in words for the person who called it."""
    client = connect(settings)
    try:
        ping(client, settings.qdrant_url)
        feed = open_feed(location)
        with only_ingest(settings):
            encoder = encoder or open_encoder(settings)
            index = ItemIndex(client, settings.qdrant_url, settings.index_alias, encoder)
            return ingest(feed, settings, encoder, index, on_progress)
    finally:
        client.close()
