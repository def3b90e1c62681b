"""One collection: the client's connection, the alias, and the check that it was built by our model."""

import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import httpx
from qdrant_client import QdrantClient, models

from catalog.attributes import attribute_of
from catalog.deadline import shorten_call
from catalog.encoder import Encoder
from catalog.errors import IndexEmpty, ModelMismatch
from catalog.index_errors import CollectionGone, translated
from catalog.layout import SMALL, Layout
from catalog.logins import login_headers, without_login
from catalog.making import create_collection
from catalog.reads import Reads
from catalog.schema import (
    MAX_FILTERABLE_ATTRIBUTES,
    PAYLOAD_INDEXES,
    next_collection_name,
    numbered,
)
from catalog.settings import Settings
from catalog.versions import ALIAS_TRUSTED_S, aliases_of

_KEEP_ALIVE_S = 3.0

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Known:
    """What a look-up found, and until when (of time.monotonic) it is trusted."""

    name: str
    indexed: frozenset[str]
    until: float


def connect(settings: Settings) -> QdrantClient:
    """A client for the store; it connects on the first call, so a store that is down raises only then."""
    with translated(settings.qdrant_url):
        return QdrantClient(
            url=without_login(settings.qdrant_url),
            headers=login_headers(settings.qdrant_url),
            # Without this a URL that names no port would be taken to mean 6333, even for https.
            port=None,
            api_key=settings.qdrant_api_key,
            timeout=settings.qdrant_timeout_s,
            cloud_inference=True,  # leave Document texts to the engine, which computes BM25 itself
            check_compatibility=False,
            # By itself the client opens a connection per call to a store on this machine, which costs more
            # than the call. Shorter than any server keeps one, so that none is closed under a call.
            limits=httpx.Limits(keepalive_expiry=_KEEP_ALIVE_S),
            event_hooks={"request": [shorten_call]},
        )


def ping(client: QdrantClient, url: str) -> None:
    """Raise IndexUnavailable or IndexRefused unless the store at `url` answers."""
    with translated(url):
        client.get_collections()


class LiveCollection:
    """Calls on the collection behind an alias; one built by another model is refused, never mixed.

    `pinned`: the collection of that name instead, whatever the alias says. `layout`: of one that is made.
    """

    def __init__(
        self,
        client: QdrantClient,
        url: str,
        alias: str,
        encoder: Encoder,
        pinned: str | None = None,
        loaded_from: str = "",
        layout: Layout = SMALL,
    ) -> None:
        self._client = client
        self._reads = Reads(url, client.init_options["api_key"], client.init_options["timeout"])
        self.pinned = pinned
        self._loaded_from = loaded_from
        self._layout = layout
        self._url = url
        self._alias = alias
        self._encoder = encoder
        self._known: _Known | None = None
        self._told_of_left_out = False

    def at(self, name: str | None, encoder: Encoder) -> "LiveCollection":
        """The collection of that name (None: behind the alias), which `encoder` has built."""
        other = LiveCollection(
            self._client, self._url, self._alias, encoder, name, self._loaded_from, self._layout
        )
        other._reads = self._reads  # and its open connections
        return other

    def name(self) -> str:
        """The collection's name. Raises IndexEmpty if nothing is indexed yet, ModelMismatch."""
        return self._look().name

    def indexed(self) -> frozenset[str]:
        """The paths of its payload indexes. Raises as `name`."""
        return self._look().indexed

    def _look(self) -> _Known:
        known = self._known
        if known is not None and time.monotonic() < known.until:
            return known
        # Without a lock: behind one, the callers of a store that hangs would time out one after another.
        with translated(self._url):
            known = self._look_up()
        self._known = known
        return known

    def call(self, operation: Callable[[QdrantClient, str], T]) -> T:
        """Run `operation(client, collection)`; once more if the collection was dropped since its look-up."""
        try:
            with translated(self._url):
                return operation(self._client, self.name())
        except CollectionGone:
            self._known = None
            with translated(self._url):
                return operation(self._client, self.name())

    def read(self, call: str, body: dict[str, Any]) -> Any:
        """The result of a read that every search makes, as JSON; see catalog/reads.py."""
        return self.call(lambda _, name: self._reads.post(name, call, body))

    def ensure(self) -> str:
        """Create the collection and its alias if there is none yet; its name."""
        with translated(self._url):
            if self._target() is None:
                self._create()
        name = self.name()
        self.add_payload_indexes(PAYLOAD_INDEXES)  # one that an older version made may lack some
        return name

    def drop(self) -> None:
        """Delete all that was made for this alias by this model, also what never got as far as the alias."""
        with translated(self._url):
            existing = [c.name for c in self._client.get_collections().collections]
            for name in numbered(self._alias, self._encoder.name, existing).values():
                self._client.delete_collection(name)
        self.forget()

    def forget(self) -> None:
        """Look everything up anew at the next call."""
        self._known = None

    def add_payload_indexes(self, wanted: Mapping[str, models.PayloadSchemaType]) -> None:
        """Make those payload indexes that are not there; attributes only up to the most that are allowed."""
        if not self._missing(wanted):
            return
        self.forget()  # another process may have made them
        indexed = set(self.indexed())
        for path in self._missing(wanted):
            if _has_room_for(path, indexed):
                call = partial(QdrantClient.create_payload_index, field_name=path, field_schema=wanted[path])
                self.call(call)
                indexed.add(path)
        self.forget()

    def _missing(self, wanted: Mapping[str, models.PayloadSchemaType]) -> list[str]:
        indexed = self.indexed()
        is_full = len(_attributes(indexed)) >= MAX_FILTERABLE_ATTRIBUTES
        missing = [path for path in wanted if path not in indexed]
        left_out = [path for path in missing if is_full and not _has_room_for(path, indexed)]
        if left_out and not self._told_of_left_out:
            self._told_of_left_out = True
            _log.warning(
                "more than %d attributes: %r and others after it cannot be filtered by",
                MAX_FILTERABLE_ATTRIBUTES,
                attribute_of(left_out[0]),
            )
        return [path for path in missing if path not in left_out]

    def _target(self) -> str | None:
        return self.pinned or aliases_of(self._client).get(self._alias)

    def _look_up(self) -> _Known:
        name = self._target()
        if name is None:
            raise IndexEmpty(
                f"Nothing is indexed yet under the alias {self._alias!r}: run `python -m ingest run FEED`."
            )
        info = self._client.get_collection(name)
        metadata = info.config.metadata or {}
        if metadata.get("fingerprint") != self._encoder.fingerprint:
            raise ModelMismatch(
                f"The collection {name} was built by the model {metadata.get('model')!r}"
                f" ({str(metadata.get('fingerprint'))[:12]}), but CLIP_MODEL is {self._encoder.name!r}"
                f" ({self._encoder.fingerprint[:12]}). Set CLIP_MODEL back, or reindex."
            )
        return _Known(name, frozenset(info.payload_schema), time.monotonic() + ALIAS_TRUSTED_S)

    def _create(self) -> None:
        existing = [c.name for c in self._client.get_collections().collections]
        name = next_collection_name(self._alias, self._encoder.name, existing)
        create_collection(self._client, name, self._encoder, PAYLOAD_INDEXES, self._loaded_from, self._layout)
        alias = models.CreateAlias(collection_name=name, alias_name=self._alias)
        self._client.update_collection_aliases([models.CreateAliasOperation(create_alias=alias)])


def _attributes(indexed: Collection[str]) -> set[str]:
    return {name for name in map(attribute_of, indexed) if name is not None}


def _has_room_for(path: str, indexed: Collection[str]) -> bool:
    """Whether the path is no attribute's, or that of one of the first attributes that were seen."""
    name, attributes = attribute_of(path), _attributes(indexed)
    return name is None or name in attributes or len(attributes) < MAX_FILTERABLE_ATTRIBUTES
