"""Items without a query: those that were updated last first, page by page."""

from collections.abc import Callable
from dataclasses import dataclass

from qdrant_client import models

from catalog.collection import LiveCollection
from catalog.filters import primary_only
from catalog.points import ITEM_ID, UPDATED_AT, Payload


@dataclass(frozen=True)
class Page:
    """Where a page starts: at the time of the last item before it, less those of that time already seen."""

    updated_at: str
    is_seen: Callable[[str], bool]
    seen: int


def browse(live: LiveCollection, condition: models.Filter, limit: int, start: Page | None) -> list[Payload]:
    """The payloads of the primary points of `limit` items, the newest first.

    An item that is not written meanwhile is on exactly one page: what is written moves to the front, before
    the first page, and moves nothing else.
    """
    condition = primary_only(condition)
    newest_first = models.OrderBy(
        key=UPDATED_AT,
        direction=models.Direction.DESC,
        start_from=start.updated_at if start else None,
    )
    fetched = limit + (start.seen if start else 0)
    records, _ = live.call(
        lambda client, name: client.scroll(
            name, scroll_filter=condition, limit=fetched, order_by=newest_first, with_payload=True
        )
    )
    payloads = [record.payload or {} for record in records]
    if start is not None:
        payloads = [payload for payload in payloads if not _is_seen(payload, start)]
    return payloads[:limit]


def _is_seen(payload: Payload, start: Page) -> bool:
    return payload[UPDATED_AT] == start.updated_at and start.is_seen(str(payload[ITEM_ID]))
