"""All points of an index, page by page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from qdrant_client import models

from catalog.collection import LiveCollection
from catalog.points import ITEM_ID, UPDATED_AT

_PAGE = 1_000


@dataclass(frozen=True)
class PointKey:
    """Which picture of which item a point is, and when it was written last."""

    id: str
    item_id: str
    updated_at: datetime


def scan(live: LiveCollection, condition: models.Filter) -> Iterator[PointKey]:
    """Every point that passes once, in the order of the ids; one written meanwhile may be among them."""
    offset: models.ExtendedPointId | None = None
    while True:
        records, offset = _page(live, condition, offset)
        for record in records:
            payload = record.payload or {}
            moment = datetime.fromisoformat(payload[UPDATED_AT])
            yield PointKey(str(record.id), str(payload[ITEM_ID]), moment)
        if offset is None:
            return


def _page(
    live: LiveCollection, condition: models.Filter, offset: models.ExtendedPointId | None
) -> tuple[list[models.Record], models.ExtendedPointId | None]:
    return live.call(
        lambda client, name: client.scroll(
            name,
            scroll_filter=condition,
            limit=_PAGE,
            offset=offset,
            with_payload=[ITEM_ID, UPDATED_AT],
        )
    )
