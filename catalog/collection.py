"""The live collection: the client's connection, the alias, and the check that it was built by our model."""

import time
from collections.abc import Callable
from typing import TypeVar

from qdrant_client import QdrantClient, models

from catalog.deadline import shorten_call
from catalog.encoder import Encoder
from catalog.errors import IndexEmpty, ModelMismatch
from catalog.index_errors import CollectionGone, translated
from catalog.schema import PAYLOAD_INDEXES, collection_settings, next_collection_name
from catalog.settings import Settings

# How long a looked-up alias is trusted. After a switch the old collection is still there, and still right.
_ALIAS_TRUSTED_S = 2.0

T = TypeVar("T")


def connect(settings: Settings) -> QdrantClient:
    """A client for the store; it connects on the first call, so a store that is down raises only then."""
    with translated(settings.qdrant_url):
        return QdrantClient(
            url=settings.qdrant_url,
            # Without this a URL that names no port would be taken to mean 6333, even for https.
            port=None,
            api_key=settings.qdrant_api_key,
            timeout=settings.qdrant_timeout_s,
            cloud_inference=True,  # leave Document texts to the engine, which computes BM25 itself
            check_compatibility=False,
            event_hooks={"request": [shorten_call]},
        )


def ping(client: QdrantClient, url: str) -> None:
    """Raise IndexUnavailable or IndexRefused unless the store at `url` answers."""
    with translated(url):
        client.get_collections()


class LiveCollection:
    """Calls on the collection behind an alias; one built by another model is refused, never mixed."""

    def __init__(self, client: QdrantClient, url: str, alias: str, encoder: Encoder) -> None:
        self._client = client
        self._url = url
        self._alias = alias
        self._encoder = encoder
        self._known: tuple[str, float] | None = None  # the name, and until when it is trusted

    def name(self) -> str:
        """The collection's name. Raises IndexEmpty if nothing is indexed yet, ModelMismatch."""
        known = self._known
        if known is not None and time.monotonic() < known[1]:
            return known[0]
        # Without a lock: behind one, the callers of a store that hangs would time out one after another.
        with translated(self._url):
            name = self._look_up()
        self._known = (name, time.monotonic() + _ALIAS_TRUSTED_S)
        return name

    def call(self, operation: Callable[[QdrantClient, str], T]) -> T:
        """Run `operation(client, collection)`; once more if the collection was dropped since its look-up."""
        try:
            with translated(self._url):
                return operation(self._client, self.name())
        except CollectionGone:
            self._known = None
            with translated(self._url):
                return operation(self._client, self.name())

    def ensure(self) -> str:
        """Create the collection and its alias if there is none yet; its name."""
        with translated(self._url):
            if self._target() is None:
                self._create()
        return self.name()

    def _target(self) -> str | None:
        aliases = self._client.get_aliases().aliases
        return next((a.collection_name for a in aliases if a.alias_name == self._alias), None)

    def _look_up(self) -> str:
        name = self._target()
        if name is None:
            raise IndexEmpty(
                f"Nothing is indexed yet under the alias {self._alias!r}: run `python -m ingest run FEED`."
            )
        metadata = self._client.get_collection(name).config.metadata or {}
        if metadata.get("fingerprint") != self._encoder.fingerprint:
            raise ModelMismatch(
                f"The collection {name} was built by the model {metadata.get('model')!r}"
                f" ({str(metadata.get('fingerprint'))[:12]}), but CLIP_MODEL is {self._encoder.name!r}"
                f" ({self._encoder.fingerprint[:12]}). Set CLIP_MODEL back, or choose another INDEX_ALIAS."
            )
        return name

    def _create(self) -> None:
        existing = [c.name for c in self._client.get_collections().collections]
        name = next_collection_name(self._alias, self._encoder.name, existing)
        settings = collection_settings(self._encoder.dimension, self._encoder.name, self._encoder.fingerprint)
        self._client.create_collection(name, **settings)
        for field, schema in PAYLOAD_INDEXES.items():
            self._client.create_payload_index(name, field, field_schema=schema, wait=True)
        alias = models.CreateAlias(collection_name=name, alias_name=self._alias)
        self._client.update_collection_aliases([models.CreateAliasOperation(create_alias=alias)])
