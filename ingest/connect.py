"""The index and the encoder that the settings name, for as long as a command runs."""

from collections.abc import Iterator
from contextlib import contextmanager

from catalog.collection import connect, ping
from catalog.encoder import Encoder
from catalog.index import ItemIndex
from catalog.known_encoders import KnownEncoders, warn_of_another_model
from catalog.layout import layout_of
from catalog.model_files import portable
from catalog.settings import Settings
from catalog.versions import Versions


@contextmanager
def connected(
    settings: Settings, encoders: KnownEncoders | None = None
) -> Iterator[tuple[ItemIndex, Encoder]]:
    """With the encoder of the live collection, or that of CLIP_MODEL where none is live.

    Raises IndexUnavailable if the store does not answer, EncoderUnavailable if there is no such model,
    ModelMismatch if the live collection's is not here.
    """
    client = connect(settings)
    encoders = encoders or KnownEncoders(settings)
    try:
        ping(client, settings.qdrant_url)
        versions = Versions(client, settings.qdrant_url, settings.index_alias)
        live = versions.live()
        encoder = encoders.own() if live is None else encoders.of(live)
        if versions.roles().building is None:
            encoders.keep_only(encoder)
        if live is not None and not encoders.is_own(live):
            warn_of_another_model(settings, live)
        place = portable(settings.clip_model)
        layout = layout_of(settings)
        yield ItemIndex(client, settings.qdrant_url, settings.index_alias, encoder, place, layout), encoder
    finally:
        client.close()
