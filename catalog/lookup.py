"""Points by their ids."""

from collections.abc import Sequence

from catalog.collection import LiveCollection
from catalog.points import Payload

# One picture in so many is expected to be a further one of an item that is there already.
_SPARE_PICTURES = 4


def with_spare(items: int) -> int:
    """How many pictures to look at first for so many items."""
    return items + items // _SPARE_PICTURES


def payloads_of(live: LiveCollection, ids: Sequence[str]) -> dict[str, Payload]:
    """The payloads of points, by point id; a point that is no more is left out."""
    records = live.read("points", {"ids": list(ids), "with_payload": True})
    return {record["id"]: record["payload"] or {} for record in records}
