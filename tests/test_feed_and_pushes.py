"""A feed run and pushes to the same items: what was pushed since the run began is newer than the feed."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from catalog.encoder import Encoder
from catalog.errors import IndexUnavailable
from catalog.index import ItemIndex
from catalog.known_encoders import KnownEncoders
from catalog.settings import Settings
from catalog.writes.locks import exclusive_write
from catalog.writes.operations import operation_adapter
from catalog.writes.queue import Request, WriteQueue
from ingest.feeds.open_feed import Feed, open_feed
from ingest.fetch.memory import PictureMemory, memory_path
from ingest.look import looking
from ingest.pipeline import ingest
from ingest.prepare import Preparer
from ingest.pushes.apply import Applier
from ingest.pushes.batch import Batches
from ingest.pushes.done import Done
from ingest.pushes.settle import Settler
from ingest.report import Report
from ingest.run import RunOptions, run_feeds
from tests.applying import Push, batches, push, queue, targets_of
from tests.picture_servers import answer, serving_pictures
from tests.pictures import jpeg

__all__ = ["batches", "push", "queue"]


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    (tmp_path / "1.jpg").write_bytes(jpeg())
    rows = [
        {"id": f"A{n}", "title": "Old", "category": "c", "images": ["1.jpg"], "price": 1} for n in range(20)
    ]
    path = tmp_path / "feed.jsonl"
    path.write_bytes(b"\n".join(orjson.dumps(row) for row in rows))
    return path


def patch(item_id: str, **fields: Any) -> dict[str, Any]:
    return {"op": "patch", "id": item_id, "fields": fields}


def ingested(feed: Feed, settings: Settings, encoder: Encoder, index: ItemIndex) -> dict[str, int]:
    report = ingest(feed, settings, encoder, index)
    return {name: count for name, count in report.items.items() if count}


def test_a_row_does_not_override_what_was_pushed_while_the_feed_was_read(
    feed: Path, settings: Settings, encoder: Encoder, index: ItemIndex, push: Push
) -> None:
    ingested(open_feed(str(feed)), settings, encoder, index)
    feed.write_bytes(feed.read_bytes().replace(b'"price":1', b'"price":2'))
    opened = open_feed(str(feed))

    def rows() -> Iterator[Any]:
        for number, row in enumerate(opened.rows):
            if number == 8:  # of three batches, one has been prepared
                push(patch("A19", price=9))
                push({"op": "delete", "id": "A18"})
            yield row

    found = ingested(Feed(opened.name, opened.folder, rows()), settings, encoder, index)
    assert found == {"payload_updated": 18, "newer": 2}
    assert index.get_item("A19")["price"] == 9
    assert "A18" not in index.points_of(["A18"])
    assert index.get_item("A0")["price"] == 2
    # A run that begins later is newer in its turn.
    again = ingested(open_feed(str(feed)), settings, encoder, index)
    assert again == {"unchanged": 18, "payload_updated": 1, "embedded": 1}


def test_a_push_between_preparing_and_writing_is_seen(
    feed: Path, settings: Settings, encoder: Encoder, index: ItemIndex, push: Push, monkeypatch: Any
) -> None:
    ingested(open_feed(str(feed)), settings, encoder, index)
    feed.write_bytes(feed.read_bytes().replace(b'"price":1', b'"price":2'))
    prepare, pushed = Preparer.prepare, []

    def prepare_and_push(self: Preparer, batch: Any) -> Any:
        prepared = prepare(self, batch)
        if not pushed:
            pushed.append(True)
            push(patch("A0", price=9))
        return prepared

    monkeypatch.setattr(Preparer, "prepare", prepare_and_push)
    assert ingested(open_feed(str(feed)), settings, encoder, index)["newer"] == 1
    assert index.get_item("A0")["price"] == 9


def test_a_feed_between_preparing_and_writing_a_push_is_seen(
    feed: Path, settings: Settings, encoder: Encoder, index: ItemIndex, queue: WriteQueue, monkeypatch: Any
) -> None:
    ingested(open_feed(str(feed)), settings, encoder, index)
    with serving_pictures(answer(jpeg((9, 9, 9)))) as server:
        hosts = {"image_private_hosts": ("127.0.0.1",), "image_ports": (server.port,)}
        own = settings.model_copy(update=hosts)
        put = {"id": "A0", "title": "New", "category": "c", "images": [server.url()]}
        queue.accept(Request({0: operation_adapter.validate_python({"op": "put", "item": put})}, {}), "one")
        prepare, fed = Preparer.prepare, []

        def prepare_and_feed(self: Preparer, batch: Any) -> Any:
            prepared = prepare(self, batch)
            if not fed:
                fed.append(True)
                feed.write_bytes(feed.read_bytes().replace(b'"price":1', b'"price":2'))
                ingested(open_feed(str(feed)), settings, encoder, index)
            return prepared

        with (
            closing(PictureMemory(memory_path(own))) as memory,
            looking(Path(), own, encoder, memory, own.thumbnail_dir) as looker,
        ):
            applier = Applier(queue, targets_of(own, encoder, index), looker, kept_s=60, done=Done())
            monkeypatch.setattr(Preparer, "prepare", prepare_and_feed)
            assert Batches(queue, applier, Settler(queue, 1, 1), 8).do_one() == 1
        assert queue.ingest("one").operations[0][1].outcome == "embedded"
        assert len(server.paths) == 2, "its pictures are looked at once more"
    stored = index.get_item("A0")
    assert (stored["title"], "price" in stored) == ("New", False)


def test_a_full_run_does_not_delete_what_was_pushed_since(
    feed: Path, settings: Settings, encoder: Encoder, index: ItemIndex, push: Push
) -> None:
    ingested(open_feed(str(feed)), settings, encoder, index)
    lines = feed.read_bytes().split(b"\n")
    feed.write_bytes(b"\n".join(lines[:16]))
    done = []

    def push_late(report: Report) -> None:
        if not done:
            done.append(True)
            push(patch("A19", price=9))

    options = RunOptions(delete_at_most=1)
    (report,) = run_feeds([str(feed)], settings, push_late, options, KnownEncoders(settings, encoder))
    assert report.items["deleted"] == 3
    assert index.get_item("A19")["price"] == 9


def test_a_writer_waits_for_the_lock(
    feed: Path, settings: Settings, encoder: Encoder, index: ItemIndex, queue: WriteQueue, batches: Batches
) -> None:
    ingested(open_feed(str(feed)), settings, encoder, index)
    queue.accept(Request({0: operation_adapter.validate_python(patch("A0", price=5))}, {}), "one")
    with exclusive_write(queue.locks):
        worker = threading.Thread(target=batches.do_one)
        worker.start()
        worker.join(timeout=0.5)
        assert worker.is_alive() and index.get_item("A0")["price"] == 1
    worker.join(timeout=10)
    assert index.get_item("A0")["price"] == 5


def test_one_operation_that_cannot_be_applied_stops_no_other(
    feed: Path, settings: Settings, encoder: Encoder, index: ItemIndex, queue: WriteQueue, batches: Batches,
    monkeypatch: Any,
) -> None:  # fmt: skip
    ingested(open_feed(str(feed)), settings, encoder, index)
    overwrite = ItemIndex.overwrite_payloads

    def refuse(self: ItemIndex, payloads: Any) -> None:
        if any(payload["item_id"] == "A1" for payload in payloads.values()):
            raise ZeroDivisionError
        overwrite(self, payloads)

    monkeypatch.setattr(ItemIndex, "overwrite_payloads", refuse)
    operations = [operation_adapter.validate_python(patch(f"A{n}", price=5)) for n in range(3)]
    queue.accept(Request(dict(enumerate(operations)), {}), "one")
    while batches.do_one():
        pass
    outcomes = [outcome for _, outcome in queue.ingest("one").operations]
    assert [one.outcome for one in outcomes] == ["payload_updated", "failed", "payload_updated"]
    assert outcomes[1].code == "internal_error" and "ZeroDivision" not in str(outcomes[1].detail)
    assert queue.figures().dead == 1


def test_an_outage_takes_nothing_off_the_queue(
    feed: Path, settings: Settings, encoder: Encoder, index: ItemIndex, queue: WriteQueue, batches: Batches,
    monkeypatch: Any,
) -> None:  # fmt: skip
    ingested(open_feed(str(feed)), settings, encoder, index)
    queue.accept(Request({0: operation_adapter.validate_python(patch("A0", price=5))}, {}), "one")

    def away(self: ItemIndex, payloads: Any) -> None:
        raise IndexUnavailable("away")

    with monkeypatch.context() as change:
        change.setattr(ItemIndex, "overwrite_payloads", away)
        with pytest.raises(IndexUnavailable):
            batches.do_one()
    assert queue.waiting() == 1 and queue.ingest("one").state == "queued"
    assert batches.do_one() == 1
    assert queue.ingest("one").state == "done" and queue.waiting() == 0
