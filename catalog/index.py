"""Items in Qdrant: writes of points, reads by item, and searches that return one hit an item."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
from qdrant_client import QdrantClient, models

from catalog.collection import LiveCollection
from catalog.encoder import Encoder, Vectors
from catalog.errors import ItemNotFound
from catalog.filters import AnyOf, Filter, to_qdrant
from catalog.hybrid import hybrid_query
from catalog.items import MAX_IMAGES
from catalog.points import IMAGE, ITEM_ID, KEYWORDS, PRIMARY, UPDATED_AT, Payload, Point, StoredPoint
from catalog.schema import BM25_MODEL, SEARCH_PARAMS

# Qdrant's own advice is 64 to 256; it also keeps one call far below the store's body limit.
_POINTS_PER_CALL = 256

T = TypeVar("T")


@dataclass(frozen=True)
class Hit:
    """An item found: the payload of its best point, and the score that it is ranked by.

    `score` is None where nothing was asked for but the filter.
    """

    payload: Payload
    score: float | None


class ItemIndex:
    """The items behind one alias, for one encoder.

    Every method raises IndexUnavailable, IndexTimeout or IndexRefused when the store does not do its part,
    and ModelMismatch when the collection is another model's.
    """

    def __init__(self, client: QdrantClient, url: str, alias: str, encoder: Encoder) -> None:
        self._live = LiveCollection(client, url, alias, encoder)

    def ensure(self) -> str:
        """Create the collection and its alias if there is none yet; the collection's name."""
        return self._live.ensure()

    def version(self) -> str:
        """The name of the live collection."""
        return self._live.name()

    # Writes: each returns once the store holds it durably.

    def upsert(self, points: Sequence[Point]) -> None:
        structs = [_struct(point) for point in points]
        for part in _parts(structs):
            self._live.call(partial(QdrantClient.upsert, points=part, wait=True))

    def overwrite_payloads(self, payloads: Mapping[str, Payload]) -> None:
        """Replace the payload of each point id; its vectors stay."""
        changes = [models.SetPayload(payload=payload, points=[id_]) for id_, payload in payloads.items()]
        operations = [models.OverwritePayloadOperation(overwrite_payload=change) for change in changes]
        for part in _parts(operations):
            self._live.call(partial(QdrantClient.batch_update_points, update_operations=part, wait=True))

    def delete_points(self, ids: Sequence[str]) -> None:
        if ids:
            selector = models.PointIdsList(points=list(ids))
            self._live.call(lambda client, name: client.delete(name, selector, wait=True))

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

    def _primary(self, item_id: str) -> StoredPoint:
        for point in self.points_of([item_id]).get(item_id, []):
            if point.payload[PRIMARY]:
                return point
        raise ItemNotFound(item_id)

    # Searches

    def search(self, vector: Vectors, filter_: Filter, limit: int, words: str = "") -> list[Hit]:
        """The `limit` items nearest to a unit vector `(dimension,)`, best first; their score is the cosine.

        With `words`, pictures and keywords are searched and fused: the score is then a sum of the two scores,
        each normalised over its own candidates, and can be compared within one answer only.
        """
        condition = to_qdrant(filter_)
        query = (
            hybrid_query(vector, words, condition, limit)
            if words
            else {"query": vector.tolist(), "using": IMAGE, "search_params": SEARCH_PARAMS}
        )
        answer = self._live.call(
            lambda client, name: client.query_points_groups(
                name,
                group_by=ITEM_ID,
                group_size=1,
                query_filter=condition,
                limit=limit,
                with_payload=True,
                **query,
            )
        )
        return [Hit(point.payload or {}, point.score) for group in answer.groups for point in group.hits]

    def browse(self, filter_: Filter, limit: int) -> list[Hit]:
        """The `limit` items that pass the filter and were updated last."""
        condition = to_qdrant({**filter_, PRIMARY: AnyOf((True,))})
        newest_first = models.OrderBy(key=UPDATED_AT, direction=models.Direction.DESC)
        records, _ = self._live.call(
            lambda client, name: client.scroll(
                name, scroll_filter=condition, limit=limit, order_by=newest_first, with_payload=True
            )
        )
        return [Hit(record.payload or {}, None) for record in records]

    def count(self, filter_: Filter) -> int:
        """How many items pass the filter: exact, since every item has one primary point."""
        condition = to_qdrant({**filter_, PRIMARY: AnyOf((True,))})
        return self._live.call(
            lambda client, name: client.count(name, count_filter=condition, exact=True).count
        )


def _parts(whole: list[T]) -> list[list[T]]:
    return [whole[start : start + _POINTS_PER_CALL] for start in range(0, len(whole), _POINTS_PER_CALL)]


def _struct(point: Point) -> models.PointStruct:
    keywords = models.Document(text=point.keywords, model=BM25_MODEL)
    return models.PointStruct(
        id=point.id, vector={IMAGE: point.vector.tolist(), KEYWORDS: keywords}, payload=point.payload
    )
