"""`--full`: the feeds are the whole catalogue, so what is in the index and in none of them is deleted."""

from collections.abc import Iterator
from datetime import datetime

from catalog.index import ItemIndex
from ingest.feeds.rows import Problem
from ingest.seen import SeenItems
from ingest.targets import Targets
from ingest.write import delete

DELETE_AT_MOST = 0.2


def find_absent(index: ItemIndex, seen: SeenItems, began: datetime) -> int:
    """How many items of the index the run has not met; `seen` knows them then.

    What was written since the run began is not among them: another program may have sent it meanwhile.
    """
    seen.keep_absent(_points_before(index, began))
    return seen.count_absent()


def refusal(absent: int, stored: int, seen: SeenItems, at_most: float) -> str | None:
    """Why the absent ones of `stored` items must not be deleted; None if nothing speaks against it."""
    if absent and seen.nameless:
        return (
            f"{absent:,} items are absent, but {seen.nameless:,} rows that failed do not say whose they are, "
            "so nothing is deleted; mend them first"
        )
    if absent > at_most * stored:
        return (
            f"{absent:,} of {stored:,} items are absent, more than {at_most:.0%}, so nothing is deleted; "
            "if that is right, say so with --delete-at-most 1"
        )
    return None


def delete_absent(
    targets: Targets, seen: SeenItems, began: datetime, stored: int, at_most: float
) -> int | Problem:
    """Delete what `find_absent` finds unless `refusal` speaks against it; how many items were deleted."""
    absent = find_absent(targets.own.index, seen, began)
    if reason := refusal(absent, stored, seen, at_most):
        return Problem("--full", "deletion_refused", reason)
    for points in seen.absent_points():
        delete(points, targets)
    return absent


def _points_before(index: ItemIndex, began: datetime) -> Iterator[tuple[str, str]]:
    for point in index.points():
        if point.updated_at < began:
            yield point.item_id, point.id
