"""Does one batch of pushed writes: takes it, applies it round by round, and settles what became of it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from catalog.errors import (
    CatalogError,
    EncoderUnavailable,
    IndexUnavailable,
    ModelMismatch,
    QueueUnavailable,
)
from catalog.writes.messages import Entry
from catalog.writes.queue import WriteQueue
from ingest.pushes.apply import Applier, LiveChanged, LockLost, Results
from ingest.pushes.lanes import Lane, Share, taken
from ingest.pushes.results import failed
from ingest.pushes.settle import Settler

_log = logging.getLogger(__name__)

# Nothing can be done for now, whatever the operation: the batch stays in the queue.
OUTAGES = (IndexUnavailable, EncoderUnavailable, ModelMismatch, QueueUnavailable, LockLost, LiveChanged)


@dataclass(frozen=True)
class Batches:
    """`items`: how many are applied together."""

    queue: WriteQueue
    applier: Applier
    settler: Settler
    items: int

    def do_one(self) -> int:
        """Do some of what waits; how many operations were finished or put off, 0 if nothing waits.

        Raises the errors of OUTAGES; then nothing is lost, and what is not done waits as before.
        """
        with taken(self.queue, self.items) as shares:
            tried = 0
            while lanes := [
                (share, lane) for share in shares for lane in share.lanes.values() if lane.entries
            ]:
                part = lanes[: self.items]
                self._round(part)
                tried += len(part)
            for share in shares:
                self.settler.close(share)
            return tried + sum(len(share.messages) for share in shares if not share.lanes)

    def _round(self, lanes: Sequence[tuple[Share, Lane]]) -> None:
        """The first operation of each lane."""
        results = self._apply([lane.entries[0] for _, lane in lanes], [share for share, _ in lanes])
        by_share: dict[int, list[Lane]] = {}
        shares = {share.partition: share for share, _ in lanes}
        for share, lane in lanes:
            by_share.setdefault(share.partition, []).append(lane)
        for partition, own in by_share.items():
            self.settler.settle(shares[partition], [(lane, results[lane.item_id]) for lane in own])

    def _apply(self, entries: Sequence[Entry], shares: Sequence[Share]) -> Results:
        """One operation that cannot be applied must not stop the others, nor itself for ever."""
        held = {share.partition: share.held for share in shares}
        try:
            return self.applier.apply(entries, lambda: all(one.is_ours() for one in held.values()))
        except OUTAGES:
            raise
        except Exception as error:  # a fault of ours, or a call that the store rejects: told by trying alone
            self.applier.targets().own.index.count({})  # raises if it is the store that has the fault
            if len(entries) > 1:
                return {k: v for entry in entries for k, v in self._apply([entry], shares).items()}
            entry = entries[0]
            _log.exception("write cannot be applied: ingest=%s index=%d", entry.ingest, entry.index)
            code = error.code if isinstance(error, CatalogError) else "internal_error"
            reason = "The write cannot be applied; the log of the worker says why."
            return {entry.item_id: failed(code, reason)}
