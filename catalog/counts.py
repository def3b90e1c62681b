"""How many items there are of each kind: exact, since every item has one primary point."""

from dataclasses import dataclass

from qdrant_client import models

from catalog.collection import LiveCollection
from catalog.filters import primary_only
from catalog.points import PRICE, PRICE_BAND
from catalog.price_bands import bounds_of

# The engine wants a number; no price is in more bands than this, and no shop shows more values.
MAX_FACET_VALUES = 1_000


@dataclass(frozen=True)
class Bucket:
    """How many items cost at least `gte` and less than `lt`."""

    gte: float
    lt: float
    count: int


@dataclass(frozen=True)
class Prices:
    """The least and the highest price, None where nothing has one, and how the prices spread."""

    least: float | None
    highest: float | None
    buckets: tuple[Bucket, ...]


def count(live: LiveCollection, condition: models.Filter) -> int:
    return int(live.read("points/count", {"filter": primary_only(condition), "exact": True})["count"])


def facet(
    live: LiveCollection, path: str, condition: models.Filter, limit: int
) -> list[tuple[str | bool, int]]:
    """The `limit` most frequent values at a path and their numbers of items, the most frequent first."""
    counted = _counted(live, path, primary_only(condition), limit)
    return [(value, number) for value, number in counted if isinstance(value, str | bool)]


def prices(live: LiveCollection, condition: models.Filter) -> Prices:
    condition = primary_only(condition)
    bands = [(int(band), number) for band, number in _counted(live, PRICE_BAND, condition, MAX_FACET_VALUES)]
    if not bands:
        return Prices(None, None, ())
    ends = (models.Direction.ASC, models.Direction.DESC)
    requests = [
        models.QueryRequest(
            query=models.OrderByQuery(order_by=models.OrderBy(key=PRICE, direction=end)),
            filter=condition,
            limit=1,
            with_payload=[PRICE],
        )
        for end in ends
    ]
    answers = live.call(lambda client, name: client.query_batch_points(name, requests))
    found = [float((point.payload or {})[PRICE]) for answer in answers for point in answer.points]
    buckets = tuple(Bucket(*bounds_of(band), number) for band, number in sorted(bands))
    # Between the two calls the last item with a price may have gone.
    return Prices(found[0], found[-1], buckets) if found else Prices(None, None, ())


def _counted(
    live: LiveCollection, path: str, condition: models.Filter, limit: int
) -> list[tuple[str | bool | int, int]]:
    answer = live.call(
        lambda client, name: client.facet(name, path, facet_filter=condition, limit=limit, exact=True)
    )
    return [(hit.value, hit.count) for hit in answer.hits]
