"""Makes an empty collection: its vectors, payload indexes and metadata, laid out as asked."""

from collections.abc import Mapping
from typing import Any

from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from catalog.encoder import Encoder
from catalog.errors import SettingInvalid
from catalog.layout import Layout, laid_out
from catalog.schema import collection_settings

PayloadIndexes = Mapping[str, models.PayloadSchemaType]

_ONE_MACHINE_ONLY = (
    "QDRANT_SHARDS, QDRANT_REPLICATION_FACTOR and QDRANT_WRITE_CONSISTENCY must be 1: the vectorstore at"
    " QDRANT_URL is one machine. Leave them out, or use a cluster of Qdrant servers."
)


def create_collection(
    client: QdrantClient,
    name: str,
    encoder: Encoder,
    indexes: PayloadIndexes,
    loaded_from: str,
    layout: Layout,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Make an empty collection for the encoder's vectors. `more`: of its metadata.

    Raises SettingInvalid where the store cannot spread it as asked.
    """
    settings = collection_settings(encoder.dimension, encoder.name, encoder.fingerprint, loaded_from)
    settings["metadata"] |= more or {}
    try:
        client.create_collection(name, **laid_out(settings, layout))
    except UnexpectedResponse as error:
        if error.status_code == 501 and layout.is_spread:
            raise SettingInvalid(_ONE_MACHINE_ONLY) from error
        raise
    for field, schema in indexes.items():  # before the first point and before the alias
        client.create_payload_index(name, field, field_schema=schema, wait=True)
