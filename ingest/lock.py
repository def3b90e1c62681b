"""Lets one ingest at a time write to an index, so that two never embed the same pictures."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from catalog.settings import Settings

_log = logging.getLogger(__name__)


@contextmanager
def only_ingest(settings: Settings) -> Iterator[None]:
    """Hold the index's lock in `state_dir`, waiting for another ingest to end; a crash frees it."""
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    lock = FileLock(settings.state_dir / f"ingest-{settings.index_alias}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        _log.info("another ingest is running: waiting for it to end")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
