"""A batch that is done again, since something went away in its middle, tells what it did in all."""

from collections.abc import Iterator
from typing import Any

import pytest

from catalog.errors import QueueUnavailable
from catalog.index import ItemIndex
from catalog.settings import Settings
from catalog.writes.operations import operation_adapter
from catalog.writes.queue import Request, WriteQueue
from ingest.pushes import apply
from ingest.pushes.batch import Batches
from tests.applying import Push, batches, push, queue
from tests.picture_servers import PictureServer, answer, serving_pictures
from tests.pictures import jpeg

__all__ = ["batches", "push", "queue"]


@pytest.fixture
def server() -> Iterator[PictureServer]:
    with serving_pictures(answer(jpeg((9, 9, 9)))) as server:
        yield server


@pytest.fixture
def settings(settings: Settings, server: PictureServer) -> Settings:
    own = {"image_private_hosts": ("127.0.0.1",), "image_ports": (server.port,)}
    return settings.model_copy(update=own)


def test_what_an_outage_makes_it_do_again_counts_as_what_it_was(
    index: ItemIndex,
    queue: WriteQueue,
    batches: Batches,
    push: Push,
    server: PictureServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def put(name: str) -> dict[str, Any]:
        return {"op": "put", "item": {"id": name, "title": "T", "category": "c", "images": [server.url()]}}

    for name in ("priced", "deleted", "same"):
        push(put(name))
    remember, calls = apply.applied.write, []

    def fail_once_what_is_written_is_in(*arguments: Any) -> None:
        calls.append(arguments)
        if len(calls) == 2:  # the puts come after what needs no picture
            raise QueueUnavailable("gone")
        remember(*arguments)

    monkeypatch.setattr(apply.applied, "write", fail_once_what_is_written_is_in)
    priced = {"op": "patch", "id": "priced", "fields": {"price": 5}}
    sent = [priced, {"op": "delete", "id": "deleted"}, put("new"), put("same")]
    operations = {n: operation_adapter.validate_python(each) for n, each in enumerate(sent)}
    queue.accept(Request(operations, {}), "one")
    with pytest.raises(QueueUnavailable):
        batches.do_one()
    assert len(index.points_of(["new"])) == 1 and not index.points_of(["deleted"]), "all of it was done"
    assert batches.do_one()
    outcomes = {asked.item_id: outcome.outcome for asked, outcome in queue.ingest("one").operations}
    assert outcomes == {
        "priced": "payload_updated", "deleted": "deleted", "new": "embedded", "same": "unchanged",
    }  # fmt: skip
