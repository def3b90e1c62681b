"""What only one program at a time may do to an index: ingest feeds, do its pushes, change its collections.

The locks are those of catalog/writes/locks.py: files on one machine, and with REDIS_URL leases there, for
programs on several.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

from catalog.errors import CatalogError, QueueUnavailable
from catalog.settings import Settings
from catalog.writes.locks import LONG_LEASE_S, Held, LockBusy, Locks, open_locks, partition_lock
from catalog.writes.parts import PARTITIONS
from ingest.reindex.errors import ReindexRefused

_log = logging.getLogger(__name__)

# How often one that waits looks whether it is its turn.
_LOOK_S = 0.25
# Longer than the worker's look for what is overdue takes.
_REINDEX_WAIT_S = 2.0
# After which one that waits for a worker's batch says so: as a rule one takes less.
_BATCH_S = 5.0


class LockUnavailable(CatalogError):
    """What keeps the lock does not answer, so that others cannot be kept out."""

    code = "ingest_lock_unavailable"


class LockLost(CatalogError):
    """The lease ran out, so that another machine may have its turn: this one must not go on."""

    code = "ingest_lock_lost"


# Raises LockLost once the lock may be another's.
StillHeld = Callable[[], None]


@contextmanager
def only_ingest(settings: Settings, while_waiting: Callable[[], None] = lambda: None) -> Iterator[StillHeld]:
    """Hold the index's lock of ingests, waiting for another one to end; a crash frees it.

    `while_waiting` is called now and then, and may raise to give up. Raises LockUnavailable.
    """
    is_told = False
    with ExitStack() as stack:
        locks = open_locks(settings, LONG_LEASE_S)
        while (still_held := _turn(stack, locks, settings, "ingest", 0)) is None:
            if not is_told:
                _log.info("another ingest is running: waiting for it to end")
            is_told = True
            while_waiting()
            time.sleep(_LOOK_S)
        yield still_held


@contextmanager
def only_reindex(settings: Settings, wait_s: float = _REINDEX_WAIT_S) -> Iterator[StillHeld]:
    """Let nobody else build, switch or drop a collection of this index.

    Raises ReindexRefused if somebody does, and LockUnavailable.
    """
    with ExitStack() as stack:
        still_held = _turn(stack, open_locks(settings, LONG_LEASE_S), settings, "reindex", wait_s)
        if still_held is None:
            killed = f", or was killed less than {LONG_LEASE_S:g} s ago" if settings.redis_url else ""
            raise ReindexRefused(f"Another reindex of this index is running{killed}: see --status.")
        yield still_held


@contextmanager
def no_pushes(settings: Settings) -> Iterator[StillHeld]:
    """Let no worker do pushed writes; those that come meanwhile are accepted and wait.

    A batch that is under way is ended first, so that each push has either its outcome or waits. Raises
    LockUnavailable.
    """
    with ExitStack() as stack:
        locks, held = open_locks(settings, LONG_LEASE_S), list[StillHeld]()
        for partition in range(PARTITIONS):
            name = partition_lock(partition)
            while (one := _turn(stack, locks, settings, name, _BATCH_S)) is None:
                _log.info("a worker is doing pushed writes: waiting for it to end its batch")
            held.append(one)
        yield partial(_require_all, held)


def _require_all(held: Sequence[StillHeld]) -> None:
    for still_held in held:
        still_held()


def _turn(stack: ExitStack, locks: Locks, settings: Settings, name: str, wait_s: float) -> StillHeld | None:
    """Held until the stack is closed; None if another one has it."""
    try:
        return partial(_require, stack.enter_context(locks.hold(name, wait_s)))
    except LockBusy:
        return None
    except QueueUnavailable as error:
        raise LockUnavailable(_unavailable(settings, error)) from error


def _require(held: Held) -> None:
    if not held.is_in_force():
        raise LockLost(
            f"The lock in Redis could not be renewed for {LONG_LEASE_S:g} s, so another machine may have its"
            " turn by now; what is written stays written, run it again to go on."
        )


def _unavailable(settings: Settings, error: QueueUnavailable) -> str:
    if settings.redis_url:
        return (
            f"REDIS_URL: the Redis there does not answer ({error.__cause__}), so that no other machine can be"
            " told that this one ingests; start it, or unset REDIS_URL where only one machine ingests."
        )
    reason = getattr(error.__cause__, "strerror", None) or "it cannot be written"
    return f"STATE_DIR: no lock can be taken in {settings.state_dir} ({reason})."
