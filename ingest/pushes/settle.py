"""Settles results: an outcome for what is done, another try for what may pass, a dead letter for the rest."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import orjson

from catalog.writes import dead, ingests
from catalog.writes.ingests import Outcome
from catalog.writes.messages import Entry, Parked
from catalog.writes.queue import WriteQueue
from ingest.pushes.done import stronger
from ingest.pushes.lanes import Lane, Share
from ingest.pushes.results import Result

LONGEST_PAUSE_S = 300.0
_JITTER = 0.25


@dataclass(frozen=True)
class Settler:
    """`attempts`: how often an operation is tried. `retry_s`: the first pause between two tries.

    `note` is told the outcome of each operation that is settled."""

    queue: WriteQueue
    attempts: int
    retry_s: float
    note: Callable[[str], None] = lambda outcome: None

    def settle(self, share: Share, results: Sequence[tuple[Lane, Result]]) -> None:
        """Record what became of the first operation of each lane, and take it off the lane if it is done.

        What has to be tried again is parked with all that waits behind it, and its lane is empty then.
        """
        now = time.time()
        outcomes: dict[tuple[str, int], Outcome] = {}
        failed: list[tuple[Entry, Outcome]] = []
        parked: dict[str, Parked] = {}
        for lane, result in results:
            entry = lane.entries[0]
            if result.may_pass and lane.attempts + 1 < self.attempts:
                parked[lane.item_id] = self._parked(lane, result, now)
                outcomes[entry.key] = _waiting(parked[lane.item_id], now)
                lane.entries = []
                continue
            outcomes[entry.key] = _final(lane, result, now)
            self.note(outcomes[entry.key].outcome)
            if outcomes[entry.key].outcome == "failed":
                failed.append((entry, outcomes[entry.key]))
            lane.entries.pop(0)
            lane.attempts, lane.written = 0, None
            share.finished += 1
        dead.bury(self.queue.parts.dead, failed)
        ingests.record(self.queue.parts.ingests, share.partition, outcomes)
        self._park(share, parked)

    def close(self, share: Share) -> None:
        """Take off the queue what is done or parked."""
        for lane in share.lanes.values():
            if lane.parked:  # and not parked again, which takes the mark away
                share.part.delete(lane.item_id)
        share.part.put_many({item_id: one.to_bytes() for item_id, one in share.behind.items()})
        if share.due is not None:
            self._take_scheduled(share)
        if share.messages and share.held.is_ours():
            share.part.remove([message.content for message in share.messages])
        self.queue.finished(share.finished)

    def _parked(self, lane: Lane, result: Result, now: float) -> Parked:
        pause_s = min(self.retry_s * 2**lane.attempts, LONGEST_PAUSE_S)
        pause_s *= random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - no secret
        pause_s = max(pause_s, min(result.retry_after_s, LONGEST_PAUSE_S))
        written = stronger(lane.written, result.outcome)
        code, detail = result.code or "", result.detail or ""
        return Parked(list(lane.entries), lane.attempts + 1, now + pause_s, code, detail, written)

    def _park(self, share: Share, parked: dict[str, Parked]) -> None:
        share.part.put_many({item_id: one.to_bytes() for item_id, one in parked.items()})
        for item_id, one in parked.items():
            share.lanes[item_id].parked = False
            schedule(share, item_id, one.not_before)

    def _take_scheduled(self, share: Share) -> None:
        for content in share.part.take_scheduled(share.due or 0.0):
            entry = orjson.loads(content)
            value = share.part.get(entry["item"])
            # Left in the parked items is what has been parked anew, which has an entry of its own, and what
            # was due at the very same time as the last that was taken.
            if value is not None and Parked.of_bytes(value).not_before <= entry["due"]:
                schedule(share, entry["item"], entry["due"])


def schedule(share: Share, item_id: str, due: float) -> None:
    """Have a parked item looked at when it is due."""
    share.part.schedule(orjson.dumps({"item": item_id, "due": due}), due)


def _waiting(parked: Parked, now: float) -> Outcome:
    return Outcome("retrying", now, parked.code, parked.detail, next_attempt_at=parked.not_before)


def _final(lane: Lane, result: Result, now: float) -> Outcome:
    outcome = stronger(lane.written, result.outcome)
    if outcome is None:
        return Outcome("failed", now, result.code, result.detail, problems=result.problems)
    return Outcome(outcome, now, problems=result.problems)
