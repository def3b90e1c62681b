"""What is being done right now, told by a file of STATE_DIR that is written again and again meanwhile.

A lock says that somebody works, but not what at; and neither locks nor process ids reach from one container
or machine to another, where a shared file does. Whoever is killed leaves the file behind, growing old.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic

from catalog.runs import Kept, Reindexing, Run, line_of, parsed, replace
from catalog.settings import Settings

_EVERY_S = 1.0
# A machine under load, or a shared folder that is slow, may be late by a few of them.
_ALIVE_S = 10.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class UnderWay(Generic[Kept]):
    """`is_alive`: whether it was heard of just now; if not, it was killed or its machine stopped."""

    what: Kept
    heard_of: datetime
    is_alive: bool


@contextmanager
def telling(settings: Settings, tell: Callable[[], Run | Reindexing]) -> Iterator[None]:
    """Keep what `tell` says on the disk, now and every second, until the end. The caller holds the lock."""
    path = _path(settings, type(tell()))
    over = threading.Event()
    thread = threading.Thread(target=_tell, args=(path, tell, over), name="under-way", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        path.unlink(missing_ok=True)


def under_way(settings: Settings, kind: type[Kept]) -> UnderWay[Kept] | None:
    """None if nothing of the kind is, or if what is known of it is damaged."""
    path = _path(settings, kind)
    try:
        written = path.stat().st_mtime
        what = parsed(kind, path.read_bytes())
    except FileNotFoundError:
        return None
    if what is None:
        return None
    is_alive = time.time() - written < _ALIVE_S
    return UnderWay(what, datetime.fromtimestamp(written, UTC), is_alive)


def _tell(path: Path, tell: Callable[[], Run | Reindexing], over: threading.Event) -> None:
    while True:
        try:
            replace(path, line_of(tell()))
        except OSError as error:  # whoever looks is told too little, but the work must not end for it
            _log.warning("%s: cannot be written: %s", path.name, error.strerror)
        if over.wait(_EVERY_S):
            return


def _path(settings: Settings, kind: type[Run] | type[Reindexing]) -> Path:
    return settings.state_dir / f"{kind.__name__.lower()}-now-{settings.index_alias}.json"
