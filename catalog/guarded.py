"""Writes to a collection that is a copy of another: each happens only where the copy is as it was last seen.

Several programs bring a copy up to date at once: those that write to both, and the one that carries over what
was there before. None of them may put something older in the place of something newer.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from qdrant_client import models

from catalog.collection import LiveCollection
from catalog.points import IMAGE_SHA256, UPDATED_AT, Payload, Point, StoredPoint
from catalog.schema import attribute_indexes, struct_of


def insert(live: LiveCollection, points: Sequence[Point]) -> None:
    """Add points; one that is there already stays as it is."""
    if not points:
        return
    _index_attributes(live, [point.payload for point in points])
    structs = [struct_of(point) for point in points]
    mode = models.UpdateMode.INSERT_ONLY
    live.call(lambda client, name: client.upsert(name, structs, wait=True, update_mode=mode))


def replace(live: LiveCollection, points: Sequence[tuple[Point, str]]) -> None:
    """Replace each point if it was last written at the moment that stands beside it."""
    if not points:
        return
    _index_attributes(live, [point.payload for point, _ in points])
    operations = [
        models.UpsertOperation(
            upsert=models.PointsList(
                points=[struct_of(point)],
                update_filter=models.Filter(must=[_written_at(seen)]),
                update_mode=models.UpdateMode.UPDATE_ONLY,
            )
        )
        for point, seen in points
    ]
    live.call(lambda client, name: client.batch_update_points(name, operations, wait=True))


def repay(
    live: LiveCollection, payloads: Mapping[str, Payload], seen: Mapping[str, str] | None = None
) -> None:
    """Replace the payload of each point id that is there and shows the same picture as the payload says.

    `seen`: by id, the moment at which it must have been written last.
    """
    if not payloads:
        return
    _index_attributes(live, list(payloads.values()))
    operations = [
        models.OverwritePayloadOperation(
            overwrite_payload=models.SetPayload(payload=payload, filter=_showing(identifier, payload, seen))
        )
        for identifier, payload in payloads.items()
    ]
    live.call(lambda client, name: client.batch_update_points(name, operations, wait=True))


def pages(live: LiveCollection, size: int, since: datetime | None = None) -> Iterator[list[StoredPoint]]:
    """Every point once, `size` at a time in the order of the ids, or only what was written `since` then."""
    written = models.FieldCondition(key=UPDATED_AT, range=models.DatetimeRange(gte=since))
    condition = models.Filter(must=[written]) if since else None
    offset: models.ExtendedPointId | None = None
    while True:
        records, offset = _page(live, size, condition, offset)
        yield [StoredPoint(str(record.id), record.payload or {}) for record in records]
        if offset is None:
            return


def _page(
    live: LiveCollection, size: int, condition: models.Filter | None, offset: models.ExtendedPointId | None
) -> tuple[list[models.Record], models.ExtendedPointId | None]:
    return live.call(
        lambda client, name: client.scroll(
            name, scroll_filter=condition, limit=size, offset=offset, with_payload=True
        )
    )


def _index_attributes(live: LiveCollection, payloads: Sequence[Payload]) -> None:
    live.add_payload_indexes(
        {p: kind for payload in payloads for p, kind in attribute_indexes(payload).items()}
    )


def _written_at(moment: str) -> models.FieldCondition:
    exactly = datetime.fromisoformat(moment)
    return models.FieldCondition(key=UPDATED_AT, range=models.DatetimeRange(gte=exactly, lte=exactly))


def _showing(identifier: str, payload: Payload, seen: Mapping[str, str] | None) -> models.Filter:
    same = models.FieldCondition(key=IMAGE_SHA256, match=models.MatchValue(value=payload[IMAGE_SHA256]))
    conditions: list[models.Condition] = [models.HasIdCondition(has_id=[identifier]), same]
    return models.Filter(must=conditions + ([_written_at(seen[identifier])] if seen else []))
