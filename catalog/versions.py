"""The collections of one alias: which is live, which is being built, which are kept; and the switch.

What is live and what is being built are both aliases, so one look-up sees both as they were at one moment,
and the switch changes both in one call. The rest stands in the metadata of each collection.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from qdrant_client import QdrantClient, models

from catalog.encoder import Encoder
from catalog.index_errors import CollectionGone, translated
from catalog.points import IMAGE
from catalog.schema import collection_settings, next_collection_name

# How long a looked-up alias is trusted. After a switch the old collection is still there, and still right.
ALIAS_TRUSTED_S = 2.0
# No INDEX_ALIAS can end so.
_BUILDING, _PREVIOUS = "+building", "+previous"

# Keys of the metadata.
_BUILT_FOR, _BUILT_SINCE = "built_for", "built_since"
_KEPT_FOR, _REPLACED_AT, _KEPT_UNTIL = "kept_for", "replaced_at", "kept_until"
_CUTOFFS = "confidence_cutoffs"

PayloadIndexes = Mapping[str, models.PayloadSchemaType]


@dataclass(frozen=True)
class Roles:
    """The names of the collection that is live, of the one that is being built, and, for as long as what was
    written to it alone is still brought over, of the one that was live before; as far as there are."""

    live: str | None
    building: str | None
    previous: str | None = None


@dataclass(frozen=True)
class Version:
    """One collection. `loaded_from`: the CLIP_MODEL by which its model is opened; empty if not recorded.

    `cutoffs`: CONFIDENCE_CUTOFFS of its model, empty if not recorded. `pictures`: how many points it has.
    """

    name: str
    state: Literal["live", "building", "kept", "unused"]
    model: str
    fingerprint: str
    loaded_from: str
    cutoffs: str
    pictures: int
    dimension: int
    is_optimised: bool
    built_since: datetime | None
    replaced_at: datetime | None
    kept_until: datetime | None

    @property
    def is_overdue(self) -> bool:
        """Whether it was kept for as long as it should."""
        return self.state == "kept" and self.kept_until is not None and self.kept_until < datetime.now(UTC)


class Versions:
    """Raises IndexUnavailable, IndexTimeout or IndexRefused when the store does not do its part."""

    def __init__(self, client: QdrantClient, url: str, alias: str) -> None:
        self._client = client
        self._url = url
        self._alias = alias
        self._building = alias + _BUILDING
        self._previous = alias + _PREVIOUS
        self._looked_up: tuple[Roles, float] | None = None

    def roles(self, now: bool = False) -> Roles:
        """As they are, or as they were at most ALIAS_TRUSTED_S ago unless they are asked for `now`."""
        looked_up = self._looked_up
        if now or looked_up is None or time.monotonic() >= looked_up[1]:
            with translated(self._url):
                targets = aliases_of(self._client)
            names = (self._alias, self._building, self._previous)
            roles = Roles(*[targets.get(name) for name in names])
            self._looked_up = looked_up = roles, time.monotonic() + ALIAS_TRUSTED_S
        return looked_up[0]

    def find(self, name: str) -> Version | None:
        """The collection of that name; None if there is none."""
        try:
            with translated(self._url):
                info = self._client.get_collection(name)
        except CollectionGone:
            return None
        return self._version(name, info, self.roles())

    def live(self) -> Version | None:
        """The one behind the alias; None before the first ingest."""
        name = self.roles(now=True).live
        return self.find(name) if name else None

    def building(self) -> Version | None:
        """The one that is being built; None if there is none."""
        name = self.roles(now=True).building
        return self.find(name) if name else None

    def all(self) -> list[Version]:
        """Those of this alias, by name."""
        roles = self.roles(now=True)
        with translated(self._url):
            names = sorted(one.name for one in self._client.get_collections().collections)
            found = [(name, self._client.get_collection(name)) for name in names]
        own = {roles.live, roles.building}
        versions = [
            self._version(name, info, roles)
            for name, info in found
            if name in own or self._alias in (_meta(info).get(_BUILT_FOR), _meta(info).get(_KEPT_FOR))
        ]
        return versions

    def store(self) -> str:
        """What answers at the store's address, and its version: of a Qdrant server, or of the vectorstore."""
        with translated(self._url):
            info = self._client.info()
        return f"{info.title}, {info.version}"

    def create(self, encoder: Encoder, loaded_from: str, like: str, cutoffs: str = "") -> str:
        """Make an empty collection with the payload indexes that the collection `like` has; its name."""
        with translated(self._url):
            existing = [one.name for one in self._client.get_collections().collections]
            schema = self._client.get_collection(like).payload_schema
            indexes = {path: info.data_type for path, info in schema.items()}
            name = next_collection_name(self._alias, encoder.name, existing)
            since = {_BUILT_FOR: self._alias, _BUILT_SINCE: _text(datetime.now(UTC)), _CUTOFFS: cutoffs}
            create_collection(self._client, name, encoder, indexes, loaded_from, since)
        return name

    def record(self, name: str, loaded_from: str, cutoffs: str) -> None:
        """Keep where the model of a collection lies now, and its cutoffs if there are any."""
        known = {"loaded_from": loaded_from} | ({_CUTOFFS: cutoffs} if cutoffs else {})
        with translated(self._url):
            self._client.update_collection(name, metadata=known)

    def announce(self, name: str) -> None:
        """From now on, or ALIAS_TRUSTED_S later at the most, every write goes to this collection, too."""
        with translated(self._url):
            self._client.update_collection_aliases([_pointing(self._building, name)])

    def switch(self, name: str, keep: timedelta) -> None:
        """Make the collection that is being built the live one, in one step; keep the one that was live."""
        old, now = self.roles(now=True).live, datetime.now(UTC)
        kept = {_KEPT_FOR: self._alias, _REPLACED_AT: _text(now), _KEPT_UNTIL: _text(now + keep)}
        with translated(self._url):
            if old is not None:  # before the switch: after it, a crash would leave it without a date
                self._client.update_collection(old, metadata=kept)
            operations: list[models.AliasOperations] = [
                _removing(self._alias),
                _pointing(self._alias, name),
                _removing(self._building),
            ]
            if old is not None:
                operations.append(_pointing(self._previous, old))
            self._client.update_collection_aliases(operations)
        self._looked_up = None

    def settled(self) -> None:
        """Nothing is brought over any more from the collection that was live before."""
        with translated(self._url):
            self._client.update_collection_aliases([_removing(self._previous)])
        self._looked_up = None

    def delete_points(self, name: str, ids: Sequence[str]) -> None:
        """Delete points of any collection, whatever its model; one that is dropped has none."""
        try:
            with translated(self._url):
                self._client.delete(name, models.PointIdsList(points=list(ids)), wait=True)
        except CollectionGone:
            return

    def drop(self, name: str) -> None:
        """Delete a collection with its points."""
        with translated(self._url):
            self._client.delete_collection(name)
        self._looked_up = None

    def _version(self, name: str, info: models.CollectionInfo, roles: Roles) -> Version:
        meta = _meta(info)
        is_kept = meta.get(_KEPT_FOR) == self._alias
        vectors = info.config.params.vectors
        return Version(
            name=name,
            state="live" if name == roles.live else "building" if name == roles.building
            else "kept" if is_kept else "unused",
            model=str(meta.get("model", "")),
            fingerprint=str(meta.get("fingerprint", "")),
            loaded_from=str(meta.get("loaded_from", "")),
            cutoffs=str(meta.get(_CUTOFFS, "")),
            pictures=info.points_count or 0,
            dimension=vectors[IMAGE].size if isinstance(vectors, dict) else 0,
            is_optimised=info.status == models.CollectionStatus.GREEN,
            built_since=_moment(meta.get(_BUILT_SINCE)),
            replaced_at=_moment(meta.get(_REPLACED_AT)),
            kept_until=_moment(meta.get(_KEPT_UNTIL)),
        )  # fmt: skip


def aliases_of(client: QdrantClient) -> dict[str, str]:
    """The collection behind each alias, all as they were at one moment."""
    return {alias.alias_name: alias.collection_name for alias in client.get_aliases().aliases}


def create_collection(
    client: QdrantClient,
    name: str,
    encoder: Encoder,
    indexes: PayloadIndexes,
    loaded_from: str,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Make an empty collection for the encoder's vectors. `more`: of its metadata."""
    settings = collection_settings(encoder.dimension, encoder.name, encoder.fingerprint, loaded_from)
    settings["metadata"] |= more or {}
    client.create_collection(name, **settings)
    for field, schema in indexes.items():  # before the first point and before the alias
        client.create_payload_index(name, field, field_schema=schema, wait=True)


def _pointing(alias: str, name: str) -> models.CreateAliasOperation:
    return models.CreateAliasOperation(
        create_alias=models.CreateAlias(collection_name=name, alias_name=alias)
    )


def _removing(alias: str) -> models.DeleteAliasOperation:
    return models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias))


def _meta(info: models.CollectionInfo) -> dict[str, Any]:
    return info.config.metadata or {}


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
