"""Points by their ids, and items by theirs."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from catalog.collection import LiveCollection
from catalog.encoder import Vectors
from catalog.errors import ItemNotFound
from catalog.filters import AnyOf, primary_only, to_qdrant
from catalog.items import MAX_IMAGES
from catalog.points import IMAGE, ITEM_ID, Payload, StoredPoint

# One picture in so many is expected to be a further one of an item that is there already.
_SPARE_PICTURES = 4


def with_spare(items: int) -> int:
    """How many pictures to look at first for so many items."""
    return items + items // _SPARE_PICTURES


def payloads_of(
    live: LiveCollection, ids: Sequence[str], fields: Sequence[str] | None = None
) -> dict[str, Payload]:
    """The payloads of points, by point id; a point that is no more is left out. `fields`: only these."""
    wanted = True if fields is None else list(fields)
    records = live.read("points", {"ids": list(ids), "with_payload": wanted})
    return {record["id"]: record["payload"] or {} for record in records}


def primary_of(live: LiveCollection, item_id: str) -> tuple[Payload, Vectors]:
    """The item's primary point: its payload and its image vector, float32 `(dimension,)`.

    Raises ItemNotFound.
    """
    point = _primary(live, item_id, [IMAGE])
    return point["payload"], np.asarray(point["vector"][IMAGE], dtype=np.float32)


def primary_payload_of(live: LiveCollection, item_id: str) -> Payload:
    """The payload of the item's primary point. Raises ItemNotFound."""
    payload: Payload = _primary(live, item_id, [])["payload"]
    return payload


def _primary(live: LiveCollection, item_id: str, vectors: list[str]) -> Any:
    condition = primary_only(to_qdrant({ITEM_ID: AnyOf((item_id,))}))
    asked = {"filter": condition, "limit": 1, "with_payload": True, "with_vector": vectors or False}
    points = live.read("points/scroll", asked)["points"]
    if not points:
        raise ItemNotFound(item_id)
    return points[0]


def points_of(live: LiveCollection, item_ids: Sequence[str]) -> dict[str, list[StoredPoint]]:
    """The points of each item id, by position, damaged ones too; an item without points is left out."""
    if not item_ids:
        return {}
    condition = to_qdrant({ITEM_ID: AnyOf(tuple(item_ids))})
    asked = {"filter": condition, "limit": len(item_ids) * MAX_IMAGES, "with_payload": True}
    found: dict[str, list[StoredPoint]] = {}
    for record in live.read("points/scroll", asked)["points"]:
        point = StoredPoint(record["id"], record["payload"])
        found.setdefault(point.item_id, []).append(point)
    for points in found.values():
        points.sort(key=lambda point: point.position)
    return found


def image_vectors_of(live: LiveCollection, ids: Sequence[str]) -> dict[str, Vectors]:
    """The image vectors of points, float32 `(dimension,)` each, by point id."""
    if not ids:
        return {}
    records = live.read("points", {"ids": list(ids), "with_payload": False, "with_vector": [IMAGE]})
    return {record["id"]: np.asarray(record["vector"][IMAGE], dtype=np.float32) for record in records}
