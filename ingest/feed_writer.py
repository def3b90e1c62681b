"""Writes the batches of a feed run, and leaves alone what was pushed since the run began.

What a shop pushes while a feed is being read is newer than the feed's row. So a row is written only if no
push to its item was applied since the run began, which is looked up under the lock that every writer holds;
and if both have a version, only if none of a higher version was applied at any time.
Any number of writers may write for one run.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from catalog.errors import ModelMismatch
from catalog.index import ItemIndex
from catalog.known_encoders import KnownEncoders
from catalog.points import StoredPoint, stamp_of
from catalog.settings import Settings
from catalog.writes import applied
from catalog.writes.locks import exclusive_write, open_locks
from catalog.writes.parts import Parts
from ingest.targets import Targets
from ingest.write import Embedded, delete, write


def opened_targets(settings: Settings, index: ItemIndex, encoders: KnownEncoders) -> Targets:
    """Of the live collection, which is made if there is none.

    If one of another model went live since the index was opened, of that. Raises as `ItemIndex.version`.
    """
    try:
        return _ensured(settings, index, encoders)
    except ModelMismatch:
        live = index.versions.live()
        if live is None or live.fingerprint == index.encoder.fingerprint:
            raise
        return _ensured(settings, index.at(None, encoders.of(live)), encoders)


def _ensured(settings: Settings, index: ItemIndex, encoders: KnownEncoders) -> Targets:
    with exclusive_write(open_locks(settings)):  # pushes may be about to make it, too
        index.ensure()
    return Targets(index, encoders)


class FeedWriter:
    """Of one run. `close` it when the run has ended."""

    def __init__(self, settings: Settings, targets: Targets, began: datetime) -> None:
        self._targets = targets
        self._index = targets.own.index
        self._began = began
        self._parts = Parts(settings)
        self._locks = open_locks(settings)

    def close(self) -> None:
        self._parts.close()

    def write(self, batch: Embedded) -> None:
        """Write the batch; changes of newer items are taken out of it and counted. Can be repeated."""
        prepared = batch.prepared
        changes = [change for change in prepared.changes if change.outcome != "unchanged"]
        if not changes:
            return
        with exclusive_write(self._locks):
            newer = self._newer([change.item.id for change in changes], prepared.versions)
            left = [change for change in changes if change.item.id not in newer]
            write(left, batch, self._targets, datetime.now(UTC))
        prepared.changes = [change for change in prepared.changes if change.item.id not in newer]
        prepared.newer += len(newer)

    def delete(self, points: Sequence[str]) -> None:
        """Delete the points, less those that were written since the run began."""
        with exclusive_write(self._locks):
            stored = self._index.payloads(points)
            old = [StoredPoint(identifier, payload) for identifier, payload in stored.items()]
            began = stamp_of(self._began)
            delete([point.id for point in old if point.updated_at < began], self._targets)

    def _newer(self, item_ids: Sequence[str], versions: Mapping[str, int]) -> set[str]:
        pushed, since = applied.read(self._parts.applied, item_ids), self._began.timestamp()
        return {
            item_id
            for item_id, last in pushed.items()
            if last.at >= since or last.is_newer_than(versions.get(item_id))
        }
