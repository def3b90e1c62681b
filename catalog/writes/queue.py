"""The queue of pushed writes: what the service puts in, and what both sides may know of it."""

import math
import time
import uuid
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import orjson

from catalog.errors import IngestNotFound, QueueFull
from catalog.settings import Settings
from catalog.writes import ingests
from catalog.writes.dead import DeadLetter, again, drop
from catalog.writes.expiry import last_ingests, remember_until
from catalog.writes.ingests import Asked, Ingest, Outcome
from catalog.writes.locks import open_locks
from catalog.writes.messages import Entry, Message, accepted_first, message_of
from catalog.writes.operations import Delete, Patch, Put
from catalog.writes.parts import PARTITIONS, Parts

_WAITING = "waiting"
_PACE = "pace"
# Where nothing is known of the pace, and the bounds of what a client is told to wait.
_UNKNOWN_WAIT_S = 5
_LONGEST_WAIT_S = 60


@dataclass(frozen=True)
class Request:
    """What one call brought: operations by their index in it, and those refused at once with the reason."""

    operations: dict[int, Put | Patch | Delete]
    refused: dict[int, tuple[Asked, Outcome]]


@dataclass(frozen=True)
class Figures:
    """`waiting`: operations accepted and not finished. `oldest`: when the oldest was accepted, in seconds
    since 1970; None if none waits. `dead`: letters."""

    waiting: int
    oldest: float | None
    dead: int


def partition_of(item_id: str) -> int:
    return zlib.crc32(item_id.encode()) % PARTITIONS


def new_ingest_id() -> str:
    return uuid.uuid4().hex


class WriteQueue:
    """Pushed writes of one index. Threads may share it. Every method raises QueueUnavailable."""

    def __init__(self, settings: Settings) -> None:
        self.parts = Parts(settings)
        self.locks = open_locks(settings)
        self._most = settings.max_queued_writes
        self._kept_s = settings.write_records_days * 86_400

    def close(self) -> None:
        self.parts.close()

    def accept(self, request: Request, ingest_id: str, idempotency: str | None = None) -> None:
        """Queue the operations; returns once they are durable. Raises QueueFull."""
        now = time.time()
        entries = [Entry(ingest_id, index, now, one) for index, one in request.operations.items()]
        self._take(ingest_id, entries, request.refused, idempotency)

    def ingest(self, ingest_id: str) -> Ingest:
        """Raises IngestNotFound."""
        return ingests.read(self.parts.ingests, ingest_id)

    def last_ingests(self, limit: int) -> list[Ingest]:
        """At most so many of those that were accepted last, the last one first."""
        found = []
        for ingest_id in last_ingests(self.parts, limit):
            with suppress(IngestNotFound):  # it is being accepted just now, or forgotten
                found.append(self.ingest(ingest_id))
        return found

    def retry(self, letters: Sequence[DeadLetter]) -> str:
        """Queue dead letters again; the id of the ingest that they are now. Raises QueueFull."""
        ingest_id = new_ingest_id()
        entries = [again(letter, ingest_id, index) for index, letter in enumerate(letters)]
        self._take(ingest_id, entries, {}, None)
        drop(self.parts.dead, [letter.id for letter in letters])
        return ingest_id

    def figures(self) -> Figures:
        return Figures(self.waiting(), self._oldest(), self.parts.dead.count())

    def waiting(self) -> int:
        """How many operations wait, parked ones included."""
        return max(0, self.counted())

    def counted(self) -> int:
        """The same as it stands: a crash may leave it too high or too low, until `correct` mends it."""
        return self.parts.figures.counter(_WAITING)

    def finished(self, operations: int) -> None:
        """Count operations off."""
        if operations:
            self.parts.figures.add(_WAITING, -operations)

    def correct(self, counted: int) -> None:
        """Forget a count that a crash has left, now that nothing has waited for some time."""
        self.parts.figures.add(_WAITING, -counted)

    def note_pace(self, operations_per_s: float) -> None:
        """How fast operations are done, for those who are told to wait."""
        self.parts.figures.put_many({_PACE: orjson.dumps(operations_per_s)})

    def _take(
        self,
        ingest_id: str,
        entries: Sequence[Entry],
        refused: Mapping[int, tuple[Asked, Outcome]],
        idempotency: str | None,
    ) -> None:
        """What could not be found again after a crash is written first, so that nothing is left behind for
        ever: when to forget it all, then the head of the record, then the operations.
        """
        self._check_room(len(entries))
        now = time.time()
        partitions = sorted({partition_of(entry.item_id) for entry in entries})
        remember_until(self.parts, now + self._kept_s, ingest_id, partitions, idempotency)
        asked = [*(_asked(entry) for entry in entries), *(one for one, _ in refused.values())]
        asked.sort(key=lambda one: one.index)
        outcomes = {index: outcome for index, (_, outcome) in refused.items()}
        ingests.write_head(self.parts.ingests, ingest_id, now, asked, outcomes)
        self._enqueue(entries)

    def _enqueue(self, entries: Sequence[Entry]) -> None:
        by_partition: dict[int, list[Entry]] = {}
        for entry in entries:
            by_partition.setdefault(partition_of(entry.item_id), []).append(entry)
        self.parts.figures.add(_WAITING, len(entries))
        for partition, own in by_partition.items():
            self.parts.queue(partition).append(message_of(own))

    def _check_room(self, more: int) -> None:
        waiting = self.waiting()
        if waiting + more > self._most:
            pace = orjson.loads(self.parts.figures.get(_PACE) or b"0")
            surplus = waiting + more - self._most
            wait_s = math.ceil(surplus / pace) if pace else _UNKNOWN_WAIT_S
            raise QueueFull(f"{waiting:,} writes wait already", max(1, min(wait_s, _LONGEST_WAIT_S)))
        if self.parts.are_nearly_full():
            raise QueueFull("The memory for writes is nearly used up", _LONGEST_WAIT_S)

    def _oldest(self) -> float | None:
        found: list[float] = []
        for partition in range(PARTITIONS):
            part = self.parts.queue(partition)
            for content in part.first(1):
                found += [entry.accepted for entry in Message.of_bytes(content).entries[:1]]
            if part.count():
                found += [accepted_first(value) for value in part.items().values()]
        return min(found, default=None)


def _asked(entry: Entry) -> Asked:
    return Asked(entry.index, entry.operation.op, entry.item_id, partition_of(entry.item_id))
