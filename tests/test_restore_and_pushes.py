"""A restore while a shop pushes: what is acknowledged once it has begun is there when it is over."""

import itertools
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from catalog.encoder import Encoder
from catalog.index import ItemIndex
from catalog.settings import Settings
from catalog.writes.idempotency import Claim, once
from catalog.writes.operations import operation_adapter
from catalog.writes.queue import Request, WriteQueue
from ingest.backup.restore import RestoreOptions, restore
from ingest.backup.take import BackupOptions, backup
from ingest.pushes.apply import LiveChanged
from ingest.pushes.batch import Batches
from ingest.pushes.lanes import taken
from ingest.turns import no_pushes
from tests.applying import batches, queue
from tests.processes import running
from tests.pushing import Shop, eventually, shop_over
from tests.redis_server import needs_redis, redis_server
from tests.reindex_shop import Shop as Feed

__all__ = ["batches", "queue"]
pytest_plugins = ["tests.reindex_fixtures"]

# Each is pushed to once, so that no later push hides that an earlier one was lost.
ITEMS = 120


@pytest.fixture(scope="module")
def shop(store_url: str, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """With a worker."""
    folder = tmp_path_factory.mktemp("restored")
    with shop_over(store_url, encoder, folder) as shop, shop.worker(folder / "worker.log"):
        yield shop


def put_all(shop: Shop, names: list[str]) -> None:
    operations = [{"op": "put", "item": {"id": name, **shop.item()}} for name in names]
    answer = shop.accepted(shop.http.post("/v1/items/batch", json={"operations": operations}))
    eventually(lambda: shop.ingest(answer)["state"] == "done", 90)


class Pushing:
    """Three who push one after another: prices of items in and not in the backup, and new items.

    `done`: the price by item of each push, and when it was recorded as done.
    """

    def __init__(self, shop: Shop) -> None:
        self.over = threading.Event()
        self.done: dict[str, tuple[float, datetime]] = {}
        self._shop = shop
        self._numbers = itertools.count()

    def push(self) -> None:
        while not self.over.is_set() and (number := next(self._numbers)) < ITEMS:
            price = 100.0 + number
            if number % 3 == 0:
                name = f"old-{number}"
                done = self._shop.patch(name, {"price": price}, params={"wait": "true"})
            else:
                name = f"late-{number}" if number % 3 == 1 else f"new-{number}"
                done = self._shop.put(name, self._shop.item(price=price), params={"wait": "true"})
            operation = self._shop.outcome(done, timeout_s=90)
            assert operation["outcome"] in ("embedded", "payload_updated"), operation
            self.done[name] = price, datetime.fromisoformat(operation["at"])

    def done_since(self, moment: datetime) -> dict[str, float]:
        return {name: price for name, (price, at) in list(self.done.items()) if at > moment}


def test_what_is_acknowledged_while_an_index_is_restored_is_there_afterwards(
    shop: Shop, tmp_path: Path
) -> None:
    put_all(shop, [f"old-{number}" for number in range(0, ITEMS, 3)])
    backup(shop.settings, tmp_path / "a.tar", BackupOptions())
    put_all(shop, [f"late-{number}" for number in range(1, ITEMS, 3)])
    shop.patch("old-0", {"title": "After the backup"}, params={"wait": "true"})
    pushing = Pushing(shop)
    command = ("-m", "ingest", "restore", tmp_path / "a.tar")
    with ThreadPoolExecutor(3) as callers:
        callers_done = [callers.submit(pushing.push) for _ in range(3)]
        eventually(lambda: len(pushing.done) > 5)
        log = tmp_path / "restore.log"
        with running(*command, log=log, environ=shop.environ) as restoring:
            eventually(lambda: " begins: pushed writes wait" in log.read_text())
            begun = datetime.now(UTC)
            assert restoring.wait(120) == 0, log.read_text()
        over = datetime.now(UTC)
        eventually(lambda: len(pushing.done_since(over)) > 5 or all(one.done() for one in callers_done))
        pushing.over.set()
    assert re.search(r"pushed again what was pushed between the backup and 20.* UTC", log.read_text())
    for one in callers_done:
        one.result()
    acknowledged = pushing.done_since(begun)
    assert len(acknowledged) > 5
    for name, price in acknowledged.items():
        found = shop.http.get(f"/v1/items/{name}")
        assert found.status_code == 200 and found.json()["price"] == price, (name, found.text)
    assert shop.http.get("/v1/items/old-0").json()["title"] == "Thing", "else it was no restore"


def accepted(queue: WriteQueue, sent: dict[str, Any], key: str) -> str:
    claim = Claim("shop", key, "digest")
    request = Request({0: operation_adapter.validate_python(sent)}, {})
    return once(queue, claim, lambda ingest: queue.accept(request, ingest, claim.name))


@pytest.fixture(autouse=True)
def nobody_waits_for_web_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.backup.restore.ALIAS_TRUSTED_S", 0.0)


def test_a_batch_that_was_prepared_for_the_replaced_index_is_not_written_to_it(
    stocked: Feed, index: ItemIndex, settings: Settings, queue: WriteQueue, batches: Batches, tmp_path: Path
) -> None:
    """A worker that stood still over the whole restore, with its targets opened before."""
    backup(settings, tmp_path / "a.tar", BackupOptions())
    old = batches.applier.targets()
    restore(settings, tmp_path / "a.tar", RestoreOptions(keep=timedelta(days=1)))
    accepted(queue, {"op": "patch", "id": "A1", "fields": {"price": 7.0}}, "k")
    with pytest.raises(LiveChanged):
        replace(batches, applier=replace(batches.applier, targets=lambda: old)).do_one()
    assert queue.waiting() == 1
    index._live.forget()
    assert index.get_item("A1")["price"] == 1.0
    assert old.own.index.get_item("A1")["price"] == 1.0


def test_keys_of_requests_that_wait_outlast_a_restore_and_those_of_done_ones_do_not(
    stocked: Feed, settings: Settings, queue: WriteQueue, batches: Batches, tmp_path: Path
) -> None:
    backup(settings, tmp_path / "a.tar", BackupOptions())
    sent = {"op": "patch", "id": "A1", "fields": {"price": 7.0}}
    done = accepted(queue, sent, "done")
    assert batches.do_one()
    waits = accepted(queue, sent, "waits")
    restore(settings, tmp_path / "a.tar", RestoreOptions(keep=timedelta()))
    assert accepted(queue, sent, "waits") == waits
    assert accepted(queue, sent, "done") != done


def test_a_restore_lets_a_batch_end_and_none_begin(queue: WriteQueue, settings: Settings) -> None:
    assert_kept_out(settings, queue)


@needs_redis
def test_a_restore_lets_a_batch_end_and_none_begin_over_redis(settings: Settings, tmp_path: Path) -> None:
    with redis_server(tmp_path) as redis:
        own = settings.model_copy(update={"redis_url": redis.url})
        with closing(WriteQueue(own)) as queue:
            assert_kept_out(own, queue)


def assert_kept_out(settings: Settings, queue: WriteQueue) -> None:
    accepted(queue, {"op": "delete", "id": "A1"}, "k")
    under_way, has_begun, is_over = threading.Event(), threading.Event(), threading.Event()

    def restoring() -> None:
        under_way.set()
        with no_pushes(settings) as still_held:
            has_begun.set()
            still_held()
            is_over.wait(30)

    thread = threading.Thread(target=restoring)
    with taken(queue, 8) as shares:
        assert shares
        thread.start()
        assert under_way.wait(5) and not has_begun.wait(0.5), "the batch has not ended"
    assert has_begun.wait(10)
    with taken(queue, 8) as shares:
        assert not shares
    is_over.set()
    thread.join()
    with taken(queue, 8) as shares:
        assert shares
