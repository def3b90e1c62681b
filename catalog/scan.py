"""All points of an index, page by page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from qdrant_client import models

from catalog.collection import LiveCollection
from catalog.points import IMAGE_HASHES, IMAGE_SHA256, ITEM_ID, POSITION, UPDATED_AT, hashes_in, written_at

_PAGE = 1_000
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class PointKey:
    """Which picture of which item a point is, and when it was written last.

    One that another program has damaged is an item of its own, of long ago, as far as it does not tell.
    """

    id: str
    item_id: str
    updated_at: datetime


def scan(live: LiveCollection, condition: models.Filter) -> Iterator[PointKey]:
    """Every point that passes once, in the order of the ids; one written meanwhile may be among them."""
    for record in _records(live, [ITEM_ID, UPDATED_AT], condition):
        payload = record.payload or {}
        item_id = str(payload.get(ITEM_ID, f"point {record.id}"))
        yield PointKey(str(record.id), item_id, written_at(payload) or _LONG_AGO)


@dataclass(frozen=True)
class PictureKey:
    """What tells whether the picture of a point is another one's too."""

    item_id: str
    position: int
    sha256: str
    hashes: tuple[str, ...] | None


def scan_pictures(live: LiveCollection) -> Iterator[PictureKey]:
    """The picture of every point that tells it, in the order of `scan`."""
    for record in _records(live, [ITEM_ID, POSITION, IMAGE_SHA256, IMAGE_HASHES]):
        payload = record.payload or {}
        if not {ITEM_ID, POSITION, IMAGE_SHA256} <= payload.keys():
            continue
        position, sha256 = int(payload[POSITION]), str(payload[IMAGE_SHA256])
        yield PictureKey(str(payload[ITEM_ID]), position, sha256, hashes_in(payload))


def _records(
    live: LiveCollection, fields: list[str], condition: models.Filter | None = None
) -> Iterator[models.Record]:
    offset: models.ExtendedPointId | None = None
    while True:
        records, offset = _page(live, offset, fields, condition)
        yield from records
        if offset is None:
            return


def _page(
    live: LiveCollection,
    offset: models.ExtendedPointId | None,
    fields: list[str],
    condition: models.Filter | None,
) -> tuple[list[models.Record], models.ExtendedPointId | None]:
    return live.call(
        lambda client, name: client.scroll(
            name, scroll_filter=condition, limit=_PAGE, offset=offset, with_payload=fields
        )
    )
