"""The child process that copies a shard and optimises the copy, so that nobody waits for it."""

import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path

import qdrant_edge as edge
from qdrant_client.http import models

from vectorstore.collection_settings import indexing_threshold_kb
from vectorstore.copy_tree import copy_tree
from vectorstore.die_with_server import die_with_server
from vectorstore.files import sync_tree
from vectorstore.read_ahead import read_ahead
from vectorstore.shard.config import edge_config
from vectorstore.shard.engine import engine

COPIED = "copied"
OPTIMISED = "optimised"
# The engine builds graphs from a smaller size on than where one would be worth the copy.
_REST = 10


def optimise_copy(
    source: str, target: str, settings_json: str, default_threshold_kb: int, progress: Connection
) -> None:
    """Sends COPIED, then OPTIMISED once the copy is whole on disk; ends without it if anything fails."""
    die_with_server()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # the server decides when to stop
    copy_tree(Path(source), Path(target))
    progress.send(COPIED)
    os.nice(19)  # queries come first
    settings = models.CreateCollection.model_validate_json(settings_json)
    optimizers = settings.optimizers_config or models.OptimizersConfigDiff()
    least_kb = max(1, indexing_threshold_kb(settings, default_threshold_kb) // _REST)
    settings.optimizers_config = optimizers.model_copy(update={"indexing_threshold": least_kb})
    shard = engine(edge.EdgeShard.load, target, edge_config(settings, least_kb))
    engine(shard.optimize)
    engine(shard.flush)
    engine(shard.close)
    sync_tree(Path(target))
    read_ahead(Path(target))
    progress.send(OPTIMISED)
