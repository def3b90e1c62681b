"""Takes work from the queue: the locks of some partitions, and their operations in a lane for each item."""

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import orjson

from catalog.writes import ingests
from catalog.writes.locks import Held, LockBusy, partition_lock
from catalog.writes.messages import Entry, Message, Parked
from catalog.writes.parts import PARTITIONS
from catalog.writes.queue import WriteQueue
from catalog.writes.storage import Part


@dataclass
class Lane:
    """The operations of one item that wait, in their order.

    `attempts` of the first one so far, and what of it is `written`. `parked`: it stood aside before, so that
    it has an entry to delete.
    """

    item_id: str
    entries: list[Entry]
    attempts: int = 0
    written: ingests.OutcomeName | None = None
    parked: bool = False


@dataclass
class Share:
    """What was taken of one partition, whose lock is held. `due`: until when its schedule is handled."""

    partition: int
    part: Part
    held: Held
    messages: list[Message] = field(default_factory=list)
    lanes: dict[str, Lane] = field(default_factory=dict)
    behind: dict[str, Parked] = field(default_factory=dict)
    """Items whose turn has not come, with what was added behind their operations."""
    due: float | None = None
    finished: int = 0
    """Operations that no longer wait: done here, or found to be done already."""


def has_work(queue: WriteQueue, partition: int, now: float) -> bool:
    part = queue.parts.queue(partition)
    return part.size() > 0 or bool(_due(part, 1, now))


@contextmanager
def taken(queue: WriteQueue, most: int) -> Iterator[list[Share]]:
    """About `most` operations of partitions that no other worker holds; their locks are held meanwhile."""
    now, left, shares = time.time(), most, []
    # From anywhere, so that no partition is always the last, and two workers seldom want the same.
    start = random.randrange(PARTITIONS)  # noqa: S311 - no secret
    with ExitStack() as locks:
        for partition in [*range(start, PARTITIONS), *range(start)]:
            if left <= 0:
                break
            if not has_work(queue, partition, now):
                continue
            try:
                held = locks.enter_context(queue.locks.hold(partition_lock(partition), 0))
            except LockBusy:
                continue
            share = _share(queue, Share(partition, queue.parts.queue(partition), held), left, now)
            shares.append(share)
            left -= sum(len(lane.entries) for lane in share.lanes.values())
        yield shares


def _share(queue: WriteQueue, share: Share, most: int, now: float) -> Share:
    """Sort what waits in the partition into lanes, and behind the items whose turn has not come."""
    _take_due(share, most, now)
    fresh = _take_messages(share, most)
    due = [entry for lane in share.lanes.values() for entry in lane.entries]
    parked_keys, seen = {entry.key for entry in due}, set[tuple[str, int]]()
    done = _done(queue, share, [*fresh, *due])
    known = _parked(share, {entry.item_id for entry in fresh} - set(share.lanes))
    for entry in fresh:
        if entry.key in parked_keys:  # a crash came between its parking and its removal from the queue
            continue
        if entry.key in done or entry.key in seen:  # from before a crash, or taken in twice
            share.finished += 1
            continue
        seen.add(entry.key)
        waiting = known.get(entry.item_id)
        if waiting is None:
            share.lanes.setdefault(entry.item_id, Lane(entry.item_id, [])).entries.append(entry)
        elif entry.key not in {one.key for one in waiting.entries}:
            waiting.entries.append(entry)
            share.behind[entry.item_id] = waiting
    _leave_out(share, done)
    return share


def _leave_out(share: Share, done: set[tuple[str, int]]) -> None:
    """What a crash has left of a parked item."""
    for lane in share.lanes.values():
        left = [entry for entry in lane.entries if entry.key not in done]
        share.finished += len(lane.entries) - len(left)
        lane.entries = left


def _take_due(share: Share, most: int, now: float) -> None:
    """Lanes of the parked items whose time has come."""
    due = _due(share.part, most, now)
    if not due:
        return
    share.due = due[-1][0]
    for item_id, parked in _parked(share, {item_id for _, item_id in due}).items():
        if parked.not_before > now:  # an entry of a try before; its own comes later
            continue
        lane = Lane(item_id, list(parked.entries), parked.attempts, parked.written, parked=True)
        share.lanes[item_id] = lane


def _take_messages(share: Share, most: int) -> list[Entry]:
    """Whole messages, about as many operations as asked for."""
    fresh: list[Entry] = []
    for content in share.part.first(most):
        message = Message.of_bytes(content)
        share.messages.append(message)
        share.finished += message.unreadable
        fresh += message.entries
        if len(fresh) >= most:
            break
    return fresh


def _done(queue: WriteQueue, share: Share, entries: list[Entry]) -> set[tuple[str, int]]:
    """Those that were finished before a crash, or that came twice."""
    known = ingests.outcomes_of(queue.parts.ingests, {entry.ingest for entry in entries}, share.partition)
    return {key for key, outcome in known.items() if outcome.is_final}


def _parked(share: Share, item_ids: set[str]) -> dict[str, Parked]:
    found = share.part.get_many(sorted(item_ids))
    return {item_id: Parked.of_bytes(value) for item_id, value in found.items()}


def _due(part: Part, most: int, now: float) -> list[tuple[float, str]]:
    """When the first parked items are due, and which they are."""
    entries = [orjson.loads(content) for content in part.scheduled(most)]
    return [(entry["due"], entry["item"]) for entry in entries if entry["due"] <= now]
