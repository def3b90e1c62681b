"""The collections of one alias: which is live, which is being built, which are kept; and the switch.

What is live and what is being built are both aliases, so one look-up sees both as they were at one moment,
and the switch changes both in one call. The rest stands in the metadata of each collection.
"""

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from qdrant_client import QdrantClient, models

from catalog.encoder import Encoder
from catalog.index_errors import CollectionGone, translated
from catalog.layout import SMALL, Layout
from catalog.making import create_collection
from catalog.schema import next_collection_name
from catalog.store_version import StoreVersion, require_supported, store_version
from catalog.version import (
    BUILT_FOR,
    BUILT_SINCE,
    CUTOFFS,
    KEPT_FOR,
    KEPT_UNTIL,
    REPLACED_AT,
    Roles,
    Version,
    meta_of,
    text_of,
    version_of,
)

# How long a looked-up alias is trusted. After a switch the old collection is still there, and still right.
ALIAS_TRUSTED_S = 2.0
# No INDEX_ALIAS can end so.
_BUILDING, _PREVIOUS = "+building", "+previous"


class Versions:
    """Raises IndexUnavailable, IndexTimeout or IndexRefused when the store does not do its part."""

    def __init__(self, client: QdrantClient, url: str, alias: str, layout: Layout = SMALL) -> None:
        """`layout`: of a collection that is made here."""
        self._client = client
        self._layout = layout
        self._is_supported = False
        self._url = url
        self._alias = alias
        self._building = alias + _BUILDING
        self._previous = alias + _PREVIOUS
        self._looked_up: tuple[Roles, float] | None = None

    def roles(self, now: bool = False) -> Roles:
        """As they are, or as they were at most ALIAS_TRUSTED_S ago unless they are asked for `now`."""
        looked_up = self._looked_up
        if now or looked_up is None or time.monotonic() >= looked_up[1]:
            self._require_supported()
            with translated(self._url):
                targets = aliases_of(self._client)
            names = (self._alias, self._building, self._previous)
            roles = Roles(*[targets.get(name) for name in names])
            self._looked_up = looked_up = roles, time.monotonic() + ALIAS_TRUSTED_S
        return looked_up[0]

    def store(self) -> StoreVersion:
        """What the store says that it is."""
        with translated(self._url):
            info = self._client.info()
        return store_version(info.title, info.version)

    def _require_supported(self) -> None:
        """Once, by whoever comes first: every program looks at the roles before it does anything else."""
        if not self._is_supported:
            require_supported(self.store(), self._url)
            self._is_supported = True

    def find(self, name: str) -> Version | None:
        """The collection of that name; None if there is none."""
        try:
            with translated(self._url):
                info = self._client.get_collection(name)
        except CollectionGone:
            return None
        return version_of(name, info, self.roles(), self._alias)

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
            version_of(name, info, roles, self._alias)
            for name, info in found
            if name in own or self._alias in (meta_of(info).get(BUILT_FOR), meta_of(info).get(KEPT_FOR))
        ]
        return versions

    def create(self, encoder: Encoder, loaded_from: str, like: str, cutoffs: str = "") -> str:
        """Make an empty collection with the payload indexes that the collection `like` has; its name."""
        with translated(self._url):
            existing = [one.name for one in self._client.get_collections().collections]
            schema = self._client.get_collection(like).payload_schema
            indexes = {path: info.data_type for path, info in schema.items()}
            name = next_collection_name(self._alias, encoder.name, existing)
            since = {BUILT_FOR: self._alias, BUILT_SINCE: text_of(datetime.now(UTC)), CUTOFFS: cutoffs}
            create_collection(self._client, name, encoder, indexes, loaded_from, self._layout, since)
        return name

    def next_name(self, model: str) -> str:
        """For a collection of that model, which nobody has made yet."""
        with translated(self._url):
            existing = [one.name for one in self._client.get_collections().collections]
        return next_collection_name(self._alias, model, existing)

    def record(self, name: str, loaded_from: str, cutoffs: str) -> None:
        """Keep where the model of a collection lies now, and its cutoffs if there are any."""
        known = {"loaded_from": loaded_from} | ({CUTOFFS: cutoffs} if cutoffs else {})
        with translated(self._url):
            self._client.update_collection(name, metadata=known)

    def announce(self, name: str) -> None:
        """From now on, or ALIAS_TRUSTED_S later at the most, every write goes to this collection, too."""
        with translated(self._url):
            self._client.update_collection_aliases([_pointing(self._building, name)])

    def switch(self, name: str, keep: timedelta) -> None:
        """Make the collection that is being built the live one, in one step; keep the one that was live."""
        old = self.roles(now=True).live
        operations: list[models.AliasOperations] = [
            _removing(self._alias),
            _pointing(self._alias, name),
            _removing(self._building),
        ]
        if old is not None:
            operations.append(_pointing(self._previous, old))
        self._replace(old, keep, operations)

    def adopt(self, name: str, loaded_from: str) -> None:
        """Take a collection that was just restored for one of ours, which is not live yet."""
        own = {BUILT_FOR: self._alias, BUILT_SINCE: text_of(datetime.now(UTC)), "loaded_from": loaded_from}
        former = dict.fromkeys((KEPT_FOR, REPLACED_AT, KEPT_UNTIL), "")
        with translated(self._url):
            self._client.update_collection(name, metadata=own | former)

    def put_back(self, name: str, keep: timedelta) -> None:
        """Make a collection that was restored the live one, in one step; keep the one that was live.

        Nothing is brought over from that one, which is what the other was restored to replace.
        """
        roles = self.roles(now=True)
        aliases = {self._alias: roles.live, self._previous: roles.previous}
        removed = [_removing(alias) for alias, target in aliases.items() if target is not None]
        self._replace(roles.live, keep, [*removed, _pointing(self._alias, name)])

    def _replace(self, old: str | None, keep: timedelta, operations: list[models.AliasOperations]) -> None:
        now = datetime.now(UTC)
        kept = {KEPT_FOR: self._alias, REPLACED_AT: text_of(now), KEPT_UNTIL: text_of(now + keep)}
        with translated(self._url):
            if old is not None:  # before the switch: after it, a crash would leave it without a date
                self._client.update_collection(old, metadata=kept)
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
        """Delete a collection with its points; one that is not there is left so."""
        with suppress(CollectionGone), translated(self._url):
            self._client.delete_collection(name)
        self._looked_up = None


def aliases_of(client: QdrantClient) -> dict[str, str]:
    """The collection behind each alias, all as they were at one moment."""
    return {alias.alias_name: alias.collection_name for alias in client.get_aliases().aliases}


def _pointing(alias: str, name: str) -> models.CreateAliasOperation:
    return models.CreateAliasOperation(
        create_alias=models.CreateAlias(collection_name=name, alias_name=alias)
    )


def _removing(alias: str) -> models.DeleteAliasOperation:
    return models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias))
