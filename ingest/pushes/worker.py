"""Does pushed writes as they come, in a thread of its own, so that none waits for a feed to be read."""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import orjson

from catalog.errors import IndexEmpty
from catalog.index import ItemIndex
from catalog.known_encoders import KnownEncoders
from catalog.settings import Settings
from catalog.writes.expiry import forget_old
from catalog.writes.locks import LockBusy, exclusive_write, partition_lock
from catalog.writes.messages import Parked
from catalog.writes.parts import PARTITIONS
from catalog.writes.queue import WriteQueue
from ingest.connect import connected
from ingest.fetch.memory import PictureMemory, memory_path
from ingest.look import looking
from ingest.pushes.apply import Applier, LiveChanged
from ingest.pushes.batch import OUTAGES, Batches
from ingest.pushes.done import Done
from ingest.pushes.lanes import Share
from ingest.pushes.settle import Settler, schedule
from ingest.targets import Targets

# How often an idle worker looks: a write is searchable soon, and looking costs a fraction of a percent.
POLL_S = 0.15
_LONGEST_PAUSE_S = 5.0
_SWEEP_S = 60.0
_NOTE_PACE_S = 5.0

_log = logging.getLogger(__name__)


@contextmanager
def working_on_pushes(
    settings: Settings,
    encoders: KnownEncoders,
    stop: threading.Event,
    note: Callable[[str], None] = lambda outcome: None,
) -> Iterator[None]:
    """Do pushed writes in the background until `stop` is set; a batch under way is finished first.

    `note` is told the outcome of each operation that is settled.

    What ends them before that sets `stop`, and is raised at the end: a worker that does half of its work
    would look alive.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="pushes") as thread:
        pushes = thread.submit(do_pushes, settings, encoders, stop, note)
        pushes.add_done_callback(lambda _: stop.set())
        try:
            yield
        finally:
            stop.set()
        pushes.result()


def do_pushes(
    settings: Settings,
    encoders: KnownEncoders,
    stop: threading.Event,
    note: Callable[[str], None] = lambda outcome: None,
) -> None:
    """Until `stop` is set. An outage of the store, the queue or the model is waited out."""
    with (
        closing(WriteQueue(settings)) as queue,
        closing(PictureMemory(memory_path(settings))) as memory,
    ):
        loop, done = _Loop(queue, settings.write_records_days * 86_400), Done()
        while not stop.is_set():
            try:
                with _opened(settings, encoders, queue, memory, done, note) as (batches, is_live):
                    loop.run(batches, is_live, stop)
            except OUTAGES as error:
                loop.wait_out(error, stop)


@contextmanager
def _opened(
    settings: Settings,
    encoders: KnownEncoders,
    queue: WriteQueue,
    memory: PictureMemory,
    done: Done,
    note: Callable[[str], None],
) -> Iterator[tuple[Batches, Callable[[], bool]]]:
    """What does batches for the collection that is live, and whether it still is."""
    kept_s = settings.write_records_days * 86_400
    with (
        connected(settings, encoders) as (index, encoder),
        looking(Path(), settings, encoder, memory, settings.thumbnail_dir) as looker,
    ):
        live = index.versions.roles().live
        applier = Applier(queue, _Opening(index, encoders, queue).targets, looker, kept_s, done)
        settler = Settler(queue, settings.write_attempts, settings.write_retry_s, note)
        batches = Batches(queue, applier, settler, settings.ingest_batch_items)
        yield batches, lambda: index.versions.roles().live == live


class _Opening:
    """Where pushes go: opened by the first one, so that a worker alone makes no collection."""

    def __init__(self, index: ItemIndex, encoders: KnownEncoders, queue: WriteQueue) -> None:
        self._index = index
        self._encoders = encoders
        self._queue = queue
        self._opened: Targets | None = None

    def targets(self) -> Targets:
        if self._opened is None:
            try:
                self._index.version()
            except IndexEmpty:
                with exclusive_write(self._queue.locks):  # else two workers would make a collection each
                    self._index.ensure()
            self._opened = Targets(self._index, self._encoders)
        return self._opened


class _Loop:
    def __init__(self, queue: WriteQueue, kept_s: float) -> None:
        self._queue = queue
        self._kept_s = kept_s
        self._sweep_at = 0.0
        self._left_over = 0
        self._done = 0
        self._since = time.monotonic()
        self._pause_s = 0.0

    def run(self, batches: Batches, is_live: Callable[[], bool], stop: threading.Event) -> None:
        """Until `stop` is set, or another collection is live."""
        while not stop.is_set():
            try:
                if not is_live():
                    return
                self._sweep()
                done = batches.do_one()
            except LiveChanged:
                return
            except OUTAGES as error:
                self.wait_out(error, stop)
                continue
            except Exception as error:  # a fault of ours must not end the worker: what waits stays
                _log.exception("pushed writes: unexpected error")
                self.wait_out(error, stop)
                continue
            if self._pause_s:
                _log.info("pushed writes: going on")
                self._pause_s = 0.0
            self._count(done)
            if not done:
                stop.wait(POLL_S)

    def wait_out(self, error: Exception, stop: threading.Event) -> None:
        """Wait, the longer the longer it lasts."""
        if not self._pause_s:
            _log.warning("pushed writes wait: %s", error or type(error).__name__)
        self._pause_s = min(max(0.5, 2 * self._pause_s), _LONGEST_PAUSE_S)
        stop.wait(random.uniform(0.5, 1.0) * self._pause_s)  # noqa: S311 - no secret

    def _count(self, done: int) -> None:
        """Keep the pace of late for those who are told to wait."""
        self._done += done
        passed_s = time.monotonic() - self._since
        if passed_s < _NOTE_PACE_S and self._done:
            return
        if self._done:
            self._queue.note_pace(self._done / passed_s)
        self._done, self._since = 0, time.monotonic()

    def _sweep(self) -> None:
        """Now and then: forget what is old, and mend what a crash has left."""
        if time.monotonic() < self._sweep_at:
            return
        forget_old(self._queue.parts, self._queue.locks, self._kept_s)
        for partition in range(PARTITIONS):
            self._mend_schedule(partition)
        self._mend_count()
        self._sweep_at = time.monotonic() + _SWEEP_S

    def _mend_schedule(self, partition: int) -> None:
        """Every parked item has an entry in the schedule, even if a crash came between the two."""
        part = self._queue.parts.queue(partition)
        if not part.count():
            return
        try:
            with self._queue.locks.hold(partition_lock(partition), 0) as held:
                planned = {orjson.loads(content)["item"] for content in part.scheduled()}
                for item_id, value in part.items().items():
                    if item_id not in planned:
                        schedule(Share(partition, part, held), item_id, Parked.of_bytes(value).not_before)
        except LockBusy:  # then another worker is at it
            return

    def _mend_count(self) -> None:
        """A count that is the same twice while nothing waits is one that a crash has left."""
        parts = [self._queue.parts.queue(partition) for partition in range(PARTITIONS)]
        idle = not any(part.size() or part.count() for part in parts)
        waiting = self._queue.counted() if idle else 0
        if waiting and waiting == self._left_over:
            self._queue.correct(waiting)
            waiting = 0
        self._left_over = waiting
