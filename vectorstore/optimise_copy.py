"""The child process that copies a shard and optimises the copy, so that nobody waits for it."""

import errno
import logging
import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path

import qdrant_edge as edge
from qdrant_client.http import models

from vectorstore.files import sync_tree
from vectorstore.shard.config import edge_config
from vectorstore.shard.engine import engine
from vectorstore.shard.main import die_with_parent

COPIED = "copied"
OPTIMISED = "optimised"
_log = logging.getLogger(__name__)
_CHUNK_BYTES = 8 * 1024 * 1024


def optimise_copy(
    source: str, target: str, settings_json: str, indexing_threshold_kb: int, progress: Connection
) -> None:
    """Sends COPIED, then OPTIMISED once the copy is whole on disk; ends without it if anything fails."""
    die_with_parent()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # the server decides when to stop
    copy_tree(Path(source), Path(target))
    progress.send(COPIED)
    os.nice(19)  # queries come first
    settings = models.CreateCollection.model_validate_json(settings_json)
    shard = engine(edge.EdgeShard.load, target, edge_config(settings, indexing_threshold_kb))
    engine(shard.optimize)
    engine(shard.flush)
    engine(shard.close)
    sync_tree(Path(target))
    progress.send(OPTIMISED)


def copy_tree(source: Path, target: Path) -> None:
    """A real copy: the engine changes its files in place, so hard links would change the original too."""
    for directory, _, names in os.walk(source):
        there = target / Path(directory).relative_to(source)
        there.mkdir(parents=True)
        for name in names:
            _copy_file(Path(directory, name), there / name)


def _copy_file(source: Path, target: Path) -> None:
    """Copies the written parts alone: the engine's files are mostly holes, hundreds of MB of them."""
    reader = os.open(source, os.O_RDONLY)
    writer = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        size = os.fstat(reader).st_size
        os.ftruncate(writer, size)
        start = _next(reader, 0, os.SEEK_DATA, size)
        while start < size:
            end = _next(reader, start, os.SEEK_HOLE, size)
            os.lseek(writer, start, os.SEEK_SET)
            while start < end:
                start += os.sendfile(writer, reader, start, min(_CHUNK_BYTES, end - start))
            start = _next(reader, end, os.SEEK_DATA, size)
    finally:
        os.close(reader)
        os.close(writer)


def _next(fd: int, start: int, whence: int, size: int) -> int:
    try:
        return os.lseek(fd, start, whence)
    except OSError as error:
        if error.errno == errno.ENXIO:  # nothing but a hole up to the end
            return size
        raise
