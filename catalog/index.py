"""Items in Qdrant: writes of points, reads by item, and what searches need of both."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

import numpy as np
from qdrant_client import QdrantClient, models

from catalog import counts
from catalog.attributes import attribute_of
from catalog.background import Background
from catalog.browse import Page, browse
from catalog.collection import LiveCollection
from catalog.encoder import Encoder, Vectors
from catalog.errors import FieldUnknown, ItemNotFound
from catalog.filters import AnyOf, Filter, payload_path, to_qdrant
from catalog.items import MAX_IMAGES
from catalog.lookup import payloads_of
from catalog.points import IMAGE, ITEM_ID, KEYWORDS, PRIMARY, Payload, Point, StoredPoint
from catalog.scan import PointKey, scan
from catalog.schema import SEARCH_PARAMS, attribute_indexes, bm25
from catalog.search import rank
from catalog.wanted import Ranked, Wanted

# Qdrant's own advice is 64 to 256; it also keeps one call far below the store's body limit.
_POINTS_PER_CALL = 256

T = TypeVar("T")


class ItemIndex:
    """The items behind one alias, for one encoder.

    Every method raises IndexUnavailable, IndexTimeout or IndexRefused when the store does not do its part,
    and ModelMismatch when the collection is another model's.
    """

    def __init__(self, client: QdrantClient, url: str, alias: str, encoder: Encoder) -> None:
        self._live = LiveCollection(client, url, alias, encoder)
        self.background = Background(self._live)

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
        structs = [_struct(point) for point in points]
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
        if not item_ids:
            return {}
        condition = to_qdrant({ITEM_ID: AnyOf(tuple(item_ids))})
        limit = len(item_ids) * MAX_IMAGES
        records, _ = self._live.call(
            lambda client, name: client.scroll(name, scroll_filter=condition, limit=limit, with_payload=True)
        )
        found: dict[str, list[StoredPoint]] = {}
        for record in records:
            payload = record.payload or {}
            found.setdefault(str(payload[ITEM_ID]), []).append(StoredPoint(str(record.id), payload))
        for points in found.values():
            points.sort(key=lambda point: point.position)
        return found

    def get_item(self, item_id: str) -> Payload:
        """The payload of the item's primary point. Raises ItemNotFound."""
        return self._primary(item_id).payload

    def item_vector(self, item_id: str) -> Vectors:
        """The image vector of the item's primary point, float32 `(dimension,)`. Raises ItemNotFound."""
        identifier = self._primary(item_id).id
        vectors = self.image_vectors([identifier])
        if identifier not in vectors:  # deleted since the look-up
            raise ItemNotFound(item_id)
        return vectors[identifier]

    def image_vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """The image vectors of points, float32 `(dimension,)` each, by point id."""
        records = self._live.call(
            lambda client, name: client.retrieve(name, list(ids), with_payload=False, with_vectors=[IMAGE])
        )
        return {
            str(record.id): np.asarray(record.vector[IMAGE], dtype=np.float32)
            for record in records
            if isinstance(record.vector, dict)
        }

    def payloads(self, ids: Sequence[str]) -> dict[str, Payload]:
        """The payloads of points, by point id; a point that is no more is left out."""
        return payloads_of(self._live, ids)

    def points(self, filter_: Filter | None = None) -> Iterator[PointKey]:
        """Every point of every item that passes, streamed; see catalog/scan.py."""
        return scan(self._live, self._condition(filter_ or {}))

    def primary_points(self, item_ids: Sequence[str]) -> list[str]:
        """The ids of the items' primary points, in their order. Raises ItemNotFound for the first unknown."""
        stored = self.points_of(item_ids)
        return [_primary_of(item_id, stored.get(item_id, [])).id for item_id in item_ids]

    def _primary(self, item_id: str) -> StoredPoint:
        return _primary_of(item_id, self.points_of([item_id]).get(item_id, []))

    # Searches

    def rank(
        self, wanted: Wanted, filter_: Filter, depth: int, params: models.SearchParams = SEARCH_PARAMS
    ) -> list[Ranked]:
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


def _struct(point: Point) -> models.PointStruct:
    vectors: models.VectorStruct = {IMAGE: point.vector.tolist(), KEYWORDS: bm25(point.keywords)}
    return models.PointStruct(id=point.id, vector=vectors, payload=point.payload)
