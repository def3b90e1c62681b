"""Pushed writes that are done at once, within the test, by what the worker runs."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from catalog.encoder import Encoder
from catalog.index import ItemIndex
from catalog.known_encoders import KnownEncoders
from catalog.settings import Settings
from catalog.writes.operations import operation_adapter
from catalog.writes.queue import Request, WriteQueue, new_ingest_id
from ingest.fetch.memory import PictureMemory, memory_path
from ingest.look import looking
from ingest.pushes.apply import Applier
from ingest.pushes.batch import Batches
from ingest.pushes.done import Done
from ingest.pushes.settle import Settler
from ingest.targets import Targets

Push = Callable[[dict[str, Any]], None]


@pytest.fixture
def queue(settings: Settings) -> Iterator[WriteQueue]:
    with closing(WriteQueue(settings)) as queue:
        yield queue


def targets_of(settings: Settings, encoder: Encoder, index: ItemIndex) -> Callable[[], Targets]:
    index.ensure()
    return lambda: Targets(index, KnownEncoders(settings, encoder))


@pytest.fixture
def batches(settings: Settings, queue: WriteQueue, encoder: Encoder, index: ItemIndex) -> Iterator[Batches]:
    """What the worker runs, without its loop."""
    with (
        closing(PictureMemory(memory_path(settings))) as memory,
        looking(Path(), settings, encoder, memory, settings.thumbnail_dir) as looker,
    ):
        applier = Applier(queue, targets_of(settings, encoder, index), looker, kept_s=60, done=Done())
        yield Batches(queue, applier, Settler(queue, 1, 1), 8)


@pytest.fixture
def push(queue: WriteQueue, batches: Batches) -> Push:
    """Does an operation at once."""

    def push_one(sent: dict[str, Any]) -> None:
        queue.accept(Request({0: operation_adapter.validate_python(sent)}, {}), new_ingest_id())
        assert batches.do_one()

    return push_one
