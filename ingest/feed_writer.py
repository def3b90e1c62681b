"""Writes the batches of a feed run, and leaves alone what was pushed since the run began.

What a shop pushes while a feed is being read is newer than the feed's row. So a row is written only if nobody
wrote to its item since the run began, which is looked up again under the lock that every writer holds.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from catalog.index import ItemIndex
from catalog.points import StoredPoint, stamp_of
from catalog.settings import Settings
from catalog.writes import applied
from catalog.writes.locks import exclusive_write, open_locks
from catalog.writes.parts import Parts
from ingest.targets import Targets
from ingest.write import Embedded, delete, write


def ensure(settings: Settings, index: ItemIndex) -> None:
    """Make the collection if there is none: pushes may be about to make it, too."""
    with exclusive_write(open_locks(settings)):
        index.ensure()


class FeedWriter:
    """Of one run. `close` it when the run has ended."""

    def __init__(self, settings: Settings, targets: Targets, began: datetime) -> None:
        self._targets = targets
        self._index = targets.own.index
        self._began = began
        self._began_stamp = stamp_of(began)
        self._parts = Parts(settings)
        self._locks = open_locks(settings)
        # A write that failed halfway is repeated, and must not take its own points for somebody else's.
        self._own: set[str] = set()

    def close(self) -> None:
        self._parts.close()

    def write(self, batch: Embedded) -> None:
        """Write the batch; changes of newer items are taken out of it and counted. Can be repeated."""
        prepared = batch.prepared
        changes = [change for change in prepared.changes if change.outcome != "unchanged"]
        if not changes:
            return
        with exclusive_write(self._locks):
            newer = self._newer([change.item.id for change in changes])
            now = datetime.now(UTC)
            self._own.add(stamp_of(now))
            left = [change for change in changes if change.item.id not in newer]
            write(left, batch, self._targets, now)
        prepared.changes = [change for change in prepared.changes if change.item.id not in newer]
        prepared.newer += len(newer)

    def delete(self, points: Sequence[str]) -> None:
        """Delete the points, less those that were written since the run began."""
        with exclusive_write(self._locks):
            stored = self._index.payloads(points)
            old = [StoredPoint(identifier, payload) for identifier, payload in stored.items()]
            delete([point.id for point in old if not self._is_newer(point)], self._targets)

    def _newer(self, item_ids: Sequence[str]) -> set[str]:
        stored = self._index.points_of(item_ids)
        newer = {item_id for item_id, points in stored.items() if any(map(self._is_newer, points))}
        absent = [item_id for item_id in item_ids if item_id not in stored]
        gone = applied.read(self._parts.applied, absent)
        since = self._began.timestamp()
        return newer | {item_id for item_id, last in gone.items() if last.deleted and last.at >= since}

    def _is_newer(self, point: StoredPoint) -> bool:
        return point.updated_at >= self._began_stamp and point.updated_at not in self._own
