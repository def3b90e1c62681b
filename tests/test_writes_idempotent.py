"""Idempotency-Key: a request that is sent again, at once, or with another body."""

import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from catalog.writes.idempotency import Claim, once
from catalog.writes.ingests import Outcome, record
from catalog.writes.locks import open_locks
from catalog.writes.operations import Delete
from catalog.writes.queue import Request, WriteQueue, partition_of
from tests.assertions import assert_problem
from tests.pushing import Shop

pytest_plugins = ["tests.pushing_fixtures"]


@pytest.fixture
def queue(pushed: Shop) -> Iterator[WriteQueue]:
    """The queue of the shop, opened by this process, too."""
    with closing(WriteQueue(pushed.settings)) as queue:
        yield queue


def key(item_id: str, **more: str) -> dict[str, str]:
    return {"Idempotency-Key": f"key-{item_id}", **more}


def test_a_repeated_request_has_one_effect_and_one_ingest(pushed: Shop, item_id: str) -> None:
    first = pushed.put(item_id, pushed.item(price=1), headers=key(item_id))
    pushed.outcome(first)
    pushed.outcome(pushed.patch(item_id, {"price": 2}))
    again = pushed.put(item_id, pushed.item(price=1), headers=key(item_id))
    assert again["id"] == first["id"]
    assert again["operations"] == pushed.ingest(first)["operations"]
    assert pushed.outcome(pushed.patch(item_id, {"title": "T"}))["outcome"] == "payload_updated"
    assert pushed.stored(item_id)["price"] == 2


def test_requests_at_once_have_one_effect(pushed: Shop, item_id: str) -> None:
    def put(_: int) -> str:
        return str(pushed.put(item_id, pushed.item(), headers=key(item_id))["id"])

    with ThreadPoolExecutor(8) as clients:
        assert len(set(clients.map(put, range(16)))) == 1


def test_a_key_belongs_to_one_request(pushed: Shop, item_id: str) -> None:
    pushed.patch(item_id, {"price": 1}, headers=key(item_id))
    other_body = pushed.http.patch(f"/v1/items/{item_id}", json={"price": 2}, headers=key(item_id))
    assert_problem(other_body, 422, "idempotency_key_reused")
    other_item = pushed.http.patch(f"/v1/items/{item_id}-2", json={"price": 1}, headers=key(item_id))
    assert_problem(other_item, 422, "idempotency_key_reused")
    deleted = pushed.http.delete(f"/v1/items/{item_id}", headers=key(item_id))
    assert_problem(deleted, 422, "idempotency_key_reused")
    malformed = pushed.http.delete(f"/v1/items/{item_id}", headers={"Idempotency-Key": "a b"})
    assert_problem(malformed, 422, "request_invalid")


def test_clients_may_choose_the_same_key(queue: WriteQueue, item_id: str) -> None:
    def ingest_of(identity: str) -> str:
        return once(queue, Claim(identity, item_id, "digest"), lambda ingest_id: None)

    assert ingest_of("one") != ingest_of("other")
    assert ingest_of("one") == ingest_of("one")


def test_a_request_that_was_cut_off_is_taken_over(queue: WriteQueue, item_id: str) -> None:
    claim = Claim("", item_id, "digest")
    ids: list[str] = []

    def die(ingest_id: str) -> None:
        ids.append(ingest_id)
        raise KeyboardInterrupt  # the process ends before anything is queued

    with pytest.raises(KeyboardInterrupt):
        once(queue, claim, die)
    asked = Request({0: Delete(op="delete", id=item_id)}, {})
    assert once(queue, claim, lambda new_id: queue.accept(asked, new_id)) == ids[0]
    assert queue.ingest(ids[0]).operations[0][0].item_id == item_id, "durable before it is answered"
    assert once(queue, claim, die) == ids[0] and len(ids) == 1


def test_what_is_queued_twice_is_done_once(pushed: Shop, queue: WriteQueue, item_id: str) -> None:
    pushed.outcome(pushed.put(item_id, pushed.item()))
    asked = Request({0: Delete(op="delete", id=item_id)}, {})
    done = Outcome("unchanged", 1.0)
    record(queue.parts.ingests, partition_of(item_id), {("taken-over", 0): done})
    queue.accept(asked, "taken-over")
    pushed.outcome(pushed.patch(item_id, {"price": 3}))
    assert queue.ingest("taken-over").operations[0][1] == done
    assert pushed.stored(item_id) is not None


def test_a_key_that_is_being_accepted_is_busy(pushed: Shop, item_id: str) -> None:
    name = Claim("", f"key-{item_id}", "").name
    with open_locks(pushed.settings).hold(f"idempotency-{zlib.crc32(name.encode()) % 16}", 0):
        busy = pushed.http.delete(f"/v1/items/{item_id}", headers=key(item_id))
        assert_problem(busy, 409, "idempotency_key_busy")
    pushed.delete(item_id, headers=key(item_id))
