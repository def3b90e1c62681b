"""Items in Qdrant: writes of points, reads by item, and what searches need of both."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from functools import partial
from typing import Self, TypeVar

from qdrant_client import QdrantClient, models

from catalog import counts
from catalog.attributes import attribute_of
from catalog.background import Background
from catalog.browse import Page, browse
from catalog.collection import LiveCollection
from catalog.encoder import Encoder, Vectors
from catalog.errors import FieldUnknown, ItemNotFound
from catalog.filters import AnyOf, Filter, payload_path, to_qdrant
from catalog.layout import SMALL, Layout
from catalog.lookup import image_vectors_of, payloads_of, points_of, primary_of, primary_payload_of
from catalog.points import (
    IMAGE_HASHES,
    PRIMARY,
    Payload,
    Point,
    StoredPoint,
    hashes_in,
)
from catalog.reads import Json
from catalog.scan import PictureKey, PointKey, scan, scan_pictures
from catalog.schema import SEARCH_PARAMS, attribute_indexes, struct_of
from catalog.search import rank
from catalog.versions import Versions
from catalog.wanted import Ranked, Wanted

# Qdrant's own advice is 64 to 256; it also keeps one call far below the store's body limit.
_POINTS_PER_CALL = 256

T = TypeVar("T")


class ItemIndex:
    """The items behind one alias, for one encoder; `at`: those of one collection, whatever the alias says.

    Every method raises IndexUnavailable, IndexTimeout or IndexRefused when the store does not do its part,
    and ModelMismatch when the collection is another model's.
    """

    def __init__(
        self,
        client: QdrantClient,
        url: str,
        alias: str,
        encoder: Encoder,
        loaded_from: str = "",
        layout: Layout = SMALL,
    ) -> None:
        """`loaded_from`, the CLIP_MODEL that opened the encoder, and `layout`: of a collection made here."""
        self.encoder = encoder
        self.versions = Versions(client, url, alias, layout)
        live = LiveCollection(client, url, alias, encoder, None, loaded_from, layout)
        self._use(live)

    def _use(self, collection: LiveCollection) -> None:
        self.collection = self._live = collection
        self.background = Background(collection)

    def at(self, version: str | None, encoder: Encoder | None = None) -> Self:
        """The items of the collection of that name (None: behind the alias), of `encoder` or of ours."""
        other = copy(self)
        other.encoder = encoder or self.encoder
        other._use(self.collection.at(version, other.encoder))
        return other

    @property
    def version_pinned(self) -> str | None:
        """The collection that this index is of, whatever the alias says; None if it follows the alias."""
        return self.collection.pinned

    def ensure(self) -> str:
        """Create the collection and its alias if there is none yet; the collection's name."""
        return self._live.ensure()

    def drop(self) -> None:
        """Delete every collection that was made for this alias by this model, and with it the alias."""
        self._live.drop()

    def version(self) -> str:
        """The name of the live collection."""
        return self._live.name()

    # Writes: each returns once the store holds it durably.

    def upsert(self, points: Sequence[Point]) -> None:
        self._index_attributes([point.payload for point in points])
        structs = [struct_of(point) for point in points]
        for part in _parts(structs):
            self._live.call(partial(QdrantClient.upsert, points=part, wait=True))

    def overwrite_payloads(self, payloads: Mapping[str, Payload]) -> None:
        """Replace the payload of each point id; its vectors stay."""
        self._index_attributes(list(payloads.values()))
        changes = [models.SetPayload(payload=payload, points=[id_]) for id_, payload in payloads.items()]
        operations = [models.OverwritePayloadOperation(overwrite_payload=change) for change in changes]
        for part in _parts(operations):
            self._live.call(partial(QdrantClient.batch_update_points, update_operations=part, wait=True))

    def delete_points(self, ids: Sequence[str]) -> None:
        if ids:
            selector = models.PointIdsList(points=list(ids))
            self._live.call(lambda client, name: client.delete(name, selector, wait=True))

    def _index_attributes(self, payloads: Sequence[Payload]) -> None:
        """Before the points are written: an index made over points that are there costs the engine more."""
        wanted = {path: kind for payload in payloads for path, kind in attribute_indexes(payload).items()}
        self._live.add_payload_indexes(wanted)

    # Reads by item

    def points_of(self, item_ids: Sequence[str]) -> dict[str, list[StoredPoint]]:
        """The stored points of each item id, by position; an item without points is left out."""
        return points_of(self._live, item_ids)

    def item(self, item_id: str) -> tuple[Payload, Vectors]:
        """The payload and the image vector, float32 `(dimension,)`, of the item's primary point.

        Raises ItemNotFound.
        """
        return primary_of(self._live, item_id)

    def get_item(self, item_id: str) -> Payload:
        """The payload of the item's primary point. Raises ItemNotFound."""
        return primary_payload_of(self._live, item_id)

    def item_vector(self, item_id: str) -> Vectors:
        """The image vector of the item's primary point, float32 `(dimension,)`. Raises ItemNotFound."""
        return self.item(item_id)[1]

    def image_vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """The image vectors of points, float32 `(dimension,)` each, by point id."""
        return image_vectors_of(self._live, ids)

    def payloads(self, ids: Sequence[str]) -> dict[str, Payload]:
        """The payloads of points, by point id; a point that is no more is left out."""
        return payloads_of(self._live, ids)

    def points(self, filter_: Filter | None = None) -> Iterator[PointKey]:
        """Every point of every item that passes, streamed; see catalog/scan.py."""
        return scan(self._live, self._condition(filter_ or {}))

    def pictures(self) -> Iterator[PictureKey]:
        """The picture of every point, streamed."""
        return scan_pictures(self._live)

    def image_hashes(self, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The perceptual hashes of points' pictures, by point id; a point that has none is left out."""
        found = {
            id_: hashes_in(payload) for id_, payload in payloads_of(self._live, ids, [IMAGE_HASHES]).items()
        }
        return {id_: hashes for id_, hashes in found.items() if hashes}

    def primary_points(self, item_ids: Sequence[str]) -> list[str]:
        """The ids of the items' primary points, in their order. Raises ItemNotFound for the first unknown."""
        stored = self.points_of(item_ids)
        return [_primary_of(item_id, stored.get(item_id, [])).id for item_id in item_ids]

    # Searches

    def rank(self, wanted: Wanted, filter_: Filter, depth: int, params: Json = SEARCH_PARAMS) -> list[Ranked]:
        """At least the best `depth` items, if as many pass the filter; see catalog/search.py.

        Raises FieldUnknown, as every method below does that takes a filter.
        """
        condition = self._condition(filter_)
        return rank(self._live, self.background, wanted, condition, depth, params)

    def browse(self, filter_: Filter, limit: int, start: Page | None = None) -> list[Payload]:
        """The payloads of `limit` items that pass the filter, the newest first; see catalog/browse.py."""
        return browse(self._live, self._condition(filter_), limit, start)

    def count(self, filter_: Filter) -> int:
        """How many items pass the filter."""
        return counts.count(self._live, self._condition(filter_))

    def facet(self, field: str, filter_: Filter, limit: int) -> list[tuple[str | bool, int]]:
        """The `limit` most frequent values of a field, and how many items have each."""
        path = self._fresh(lambda: payload_path(field, AnyOf, self._live.indexed()))
        return counts.facet(self._live, path, self._condition(filter_), limit)

    def require_facet(self, field: str) -> None:
        """Raise FieldUnknown for a field that nothing can be counted by."""
        self._fresh(lambda: payload_path(field, AnyOf, self._live.indexed()))

    def attributes(self) -> list[str]:
        """The names of the attributes that can be filtered and counted by."""
        return sorted({name for name in map(attribute_of, self._live.indexed()) if name is not None})

    def payload_indexes(self) -> list[str]:
        """The paths of the live collection's payload indexes."""
        return sorted(self._live.indexed())

    def count_pictures(self) -> int:
        """How many points there are, of all items."""
        return self._live.call(lambda client, name: client.count(name, exact=True).count)

    def prices(self, filter_: Filter) -> counts.Prices:
        """The span of the prices, and how they spread over it."""
        return counts.prices(self._live, self._condition(filter_))

    def _condition(self, filter_: Filter) -> models.Filter:
        return self._fresh(lambda: to_qdrant(filter_, self._live.indexed()))

    def _fresh(self, read: Callable[[], T]) -> T:
        """What `read` makes of the collection's fields; looked up anew if one seems not to be there."""
        try:
            return read()
        except FieldUnknown:
            self._live.forget()
            return read()


def _primary_of(item_id: str, points: Sequence[StoredPoint]) -> StoredPoint:
    for point in points:
        if point.payload[PRIMARY]:
            return point
    raise ItemNotFound(item_id)


def _parts(whole: list[T]) -> list[list[T]]:
    return [whole[start : start + _POINTS_PER_CALL] for start in range(0, len(whole), _POINTS_PER_CALL)]
