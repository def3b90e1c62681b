"""The index and the encoder that the settings name, for as long as a command runs."""

from collections.abc import Iterator
from contextlib import contextmanager

from catalog.collection import connect, ping
from catalog.encoder import Encoder, open_encoder
from catalog.index import ItemIndex
from catalog.settings import Settings


@contextmanager
def connected(settings: Settings, encoder: Encoder | None = None) -> Iterator[tuple[ItemIndex, Encoder]]:
    """Raises IndexUnavailable if the store does not answer, EncoderUnavailable if there is no such model."""
    client = connect(settings)
    try:
        ping(client, settings.qdrant_url)
        encoder = encoder or open_encoder(settings)
        yield ItemIndex(client, settings.qdrant_url, settings.index_alias, encoder), encoder
    finally:
        client.close()
