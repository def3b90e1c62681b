"""Applies one operation of each of several items to the index, all of them together."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from catalog.errors import ItemInvalid, ItemNotFound
from catalog.points import StoredPoint
from catalog.writes import applied
from catalog.writes.applied import Applied
from catalog.writes.expiry import remember_items_until
from catalog.writes.locks import exclusive_write
from catalog.writes.messages import Entry
from catalog.writes.operations import Delete, Patch, Put
from catalog.writes.queue import WriteQueue
from ingest.look import Looker
from ingest.plan import Change, stamps_of
from ingest.prepare import Placed, Prepared, Preparer
from ingest.pushes.done import Done
from ingest.pushes.patches import patched
from ingest.pushes.results import Result, failed, of_put
from ingest.targets import Targets
from ingest.write import Embedded, delete, embed, write

Results = dict[str, Result]


class LockLost(Exception):
    """This process stood still for so long that another one has taken over its items."""


class LiveChanged(Exception):
    """Another collection is live than the one that the batch was prepared for: it has to be done to that."""


@dataclass(frozen=True)
class Applier:
    """Everything that applying needs. `targets`: makes the collection if there is none. `kept_s`: how long
    versions and deletes are remembered. `done`: of this process, and of the appliers before this one."""

    queue: WriteQueue
    targets: Callable[[], Targets]
    looker: Looker
    kept_s: float
    done: Done

    def apply(self, entries: Sequence[Entry], is_ours: Callable[[], bool]) -> Results:
        """What became of each, by item id; each item stands there once. Can be repeated.

        `is_ours`: whether nobody else can have taken the items over. Raises LockLost, LiveChanged, and what
        the index, the encoder and the queue raise; then all of it has to be repeated.
        """
        targets = self.targets()
        last = applied.read(self.queue.parts.applied, [entry.item_id for entry in entries])
        late = {entry.item_id for entry in entries if _is_late(entry, last)}
        results: Results = {item_id: Result("superseded") for item_id in late}
        puts = [entry for entry in entries if isinstance(entry.operation, Put)]
        others = [entry for entry in entries if not isinstance(entry.operation, Put)]
        for group in (others, puts):  # a price does not wait for the pictures of other items
            while left := [entry for entry in group if entry.item_id not in results]:
                ready = self._prepared(left, targets)
                with exclusive_write(self.queue.locks):
                    if not is_ours():
                        raise LockLost
                    _require_live(targets)
                    # Left out is what a feed has written to since its pictures were looked at: once more.
                    results |= self._write(left, ready, targets, last)
        return results

    def _prepared(self, entries: Sequence[Entry], targets: Targets) -> Embedded:
        placed = [
            Placed(f"ingest {entry.ingest}", entry.operation.item)
            for entry in entries
            if isinstance(entry.operation, Put)
        ]
        preparer = Preparer(targets.own.index, self.looker, targets.useful_side_px)
        return embed(targets, preparer.prepare(placed) if placed else Prepared(read=0))

    def _write(
        self, entries: Sequence[Entry], ready: Embedded, targets: Targets, last: dict[str, Applied]
    ) -> Results:
        stored = targets.own.index.points_of([entry.item_id for entry in entries])
        changes: list[Change] = []
        deletes: list[str] = []
        results: Results = {}
        for entry in entries:
            points = stored.get(entry.item_id, [])
            if isinstance(entry.operation, Delete):
                deletes += [point.id for point in points]
                results[entry.item_id] = Result("deleted" if points else "unchanged")
            elif (found := self._planned(entry.operation, points, ready)) is not None:
                result, change = found
                results[entry.item_id] = result
                changes += [change] if change else []
        results = self.done.with_earlier(entries, results)
        write(changes, ready, targets, datetime.now(UTC))
        delete(deletes, targets)
        self._remember([entry for entry in entries if _went_in(results.get(entry.item_id))], last)
        return results

    def _planned(
        self, operation: Put | Patch | Delete, points: list[StoredPoint], ready: Embedded
    ) -> tuple[Result, Change | None] | None:
        """None if it has to be prepared anew."""
        if isinstance(operation, Patch):
            return _patched(operation, points, self.looker.encoder.name)
        problems = [one for one in ready.prepared.problems if one.item_id == operation.item_id]
        change = next((one for one in ready.prepared.changes if one.item.id == operation.item_id), None)
        if change is None:
            return of_put(None, problems), None
        if change.read != stamps_of(points):
            return None
        return of_put(change.outcome, problems), change

    def _remember(self, entries: Sequence[Entry], last: dict[str, Applied]) -> None:
        now = time.time()
        records = {entry.item_id: applied.after(last.get(entry.item_id), entry, now) for entry in entries}
        fresh = [item_id for item_id in records if item_id not in last]
        remember_items_until(self.queue.parts, now + self.kept_s, fresh)
        applied.write(self.queue.parts.applied, records)


def _require_live(targets: Targets) -> None:
    """Raises LiveChanged. A restore switches under the lock for writing: what holds now, holds for the write.

    A reindex does not, and needs not: it brings over what was written to the collection before.
    """
    if targets.own.index.versions.roles(now=True).live != targets.own.index.version_pinned:
        raise LiveChanged


def _is_late(entry: Entry, last: dict[str, Applied]) -> bool:
    record = last.get(entry.item_id)
    return record is not None and record.beats(entry)


def _went_in(result: Result | None) -> bool:
    return result is not None and result.outcome is not None


def _patched(operation: Patch, points: list[StoredPoint], model: str) -> tuple[Result, Change | None]:
    if not points:
        error = ItemNotFound(operation.id)
        return failed(error.code, str(error)), None
    try:
        change = patched(operation, points, model)
    except ItemInvalid as error:
        return failed(error.code, str(error)), None
    return Result(change.outcome), change
