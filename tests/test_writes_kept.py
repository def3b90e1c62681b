"""What is kept of writes: versions, records that are forgotten in time, locks, and who may write."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from catalog.encoder import Encoder
from catalog.errors import IngestNotFound, QueueUnavailable
from catalog.index import ItemIndex
from catalog.settings import Settings
from catalog.writes import applied, locks
from catalog.writes.applied import Applied
from catalog.writes.expiry import forget_old, remember_items_until
from catalog.writes.idempotency import Claim, once
from catalog.writes.locks import FileLocks, LockBusy, Locks, open_locks
from catalog.writes.messages import Message
from catalog.writes.operations import Delete
from catalog.writes.queue import Request, WriteQueue
from catalog.writes.versions import version_of
from service.app import create_app
from tests.assertions import assert_problem
from tests.redis_server import needs_redis, redis_server
from tests.service_keys import API_KEYS, KEYS, app_with, bearer


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (7, 7),
        (7.0, 7),
        ("-7", -7),
        ("1970-01-01T00:00:01Z", 1_000_000),
        ("1970-01-01t01:00:00.0000019+01:00", 1),
        ("2016-12-31T23:59:60Z", version_of("2016-12-31T23:59:59Z")),
        ("0001-01-01T00:00:00+23:59", -62_135_683_140_000_000),
    ],
)
def test_versions_are_numbers_or_times(sent: object, expected: int) -> None:
    assert version_of(sent) == expected


@pytest.mark.parametrize(
    "sent", [True, None, 1.5, "1.5", "", "2026-02-31T00:00:00Z", "2026-01-01", 2**63, "x"]
)
def test_anything_else_is_no_version(sent: object) -> None:
    with pytest.raises(ValueError, match="RFC 3339"):
        version_of(sent)


@pytest.fixture
def queue(settings: Settings) -> Iterator[WriteQueue]:
    with closing(WriteQueue(settings.model_copy(update={"write_records_days": 1e-9}))) as queue:
        yield queue


def test_old_records_are_forgotten_and_young_ones_kept(queue: WriteQueue) -> None:
    def accept(ingest_id: str) -> None:
        queue.accept(Request({0: Delete(op="delete", id="A")}, {}), ingest_id, Claim("", "key", "1").name)

    ingest_id = once(queue, Claim("", "key", "1"), accept)
    now = time.time()
    old, young = Applied(1, now, now - 100, True), Applied(1, now, now, True)
    applied.write(queue.parts.applied, {"old": old, "young": young})
    remember_items_until(queue.parts, now - 1, ["old", "young"])
    assert queue.ingest(ingest_id).state == "queued"
    time.sleep(0.01)
    forget_old(queue.parts, queue.locks, kept_s=50)
    with pytest.raises(IngestNotFound):
        queue.ingest(ingest_id)
    assert once(queue, Claim("", "key", "2"), lambda ingest_id: None) != ingest_id, "the key is free again"
    assert set(applied.read(queue.parts.applied, ["old", "young"])) == {"young"}
    (later,) = queue.parts.ingests.scheduled()
    assert b"young" in later, "it is looked at again"


def test_a_message_that_cannot_be_understood_stops_nothing() -> None:
    assert Message.of_bytes(b"\x00").unreadable == 1
    assert Message.of_bytes(b'[{"ingest": "a"}]').unreadable == 1


@contextmanager
def both_kinds(kind: str, settings: Settings, folder: Path) -> Iterator[Locks]:
    if kind == "files":
        yield FileLocks(folder, "alias")
    else:
        with redis_server(folder / "redis") as server:
            yield open_locks(settings.model_copy(update={"redis_url": server.url}))


@pytest.mark.parametrize("kind", ["files", pytest.param("redis", marks=needs_redis)])
def test_a_lock_has_one_holder(kind: str, settings: Settings, tmp_path: Path) -> None:
    with both_kinds(kind, settings, tmp_path) as shared:
        with shared.hold("a", 0) as held:
            assert held.is_ours()
            with shared.hold("b", 0):
                pass
            for wait_s in (0, 0.1):
                with pytest.raises(LockBusy), shared.hold("a", wait_s):
                    pass
        with shared.hold("a", 0):
            pass


@pytest.mark.parametrize("kind", ["file", pytest.param("redis", marks=needs_redis)])
def test_the_last_ingests_come_the_newest_first(kind: str, settings: Settings, tmp_path: Path) -> None:
    with ExitStack() as stack:
        if kind == "redis":
            url = stack.enter_context(redis_server(tmp_path / "redis")).url
            settings = settings.model_copy(update={"redis_url": url})
        queue = stack.enter_context(closing(WriteQueue(settings)))
        assert queue.last_ingests(3) == []
        for name in ("a", "b", "c", "d"):
            queue.accept(Request({0: Delete(op="delete", id="x")}, {}), name)
            remember_items_until(queue.parts, time.time() + 9e6, ["x"])  # stands among them
        assert [ingest.id for ingest in queue.last_ingests(2)] == ["d", "c"]
        assert queue.last_ingests(9)[-1].operations[0][0].item_id == "x"


@needs_redis
def test_a_lease_is_renewed_while_it_is_held_and_a_lost_one_is_noticed(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "LEASE_S", 2.0)
    with both_kinds("redis", settings, tmp_path) as shared:
        with shared.hold("a", 0) as held:
            time.sleep(3)
            assert held.is_ours()
            shared._client.flushall()  # type: ignore[attr-defined]
            assert not held.is_ours()
            with shared.hold("a", 0):
                pass


def test_a_redis_that_is_away_is_told(settings: Settings, encoder: Encoder, index: ItemIndex) -> None:
    own = settings.model_copy(update={"redis_url": "redis://127.0.0.1:9/0", "rate_limit": "off"})
    with closing(WriteQueue(own)) as queue, pytest.raises(QueueUnavailable):
        queue.waiting()
    index.ensure()
    client = create_app(own, encoder, index).test_client()
    problem = assert_problem(client.delete("/v1/items/a"), 503, "queue_unavailable")
    assert "127.0.0.1" not in problem["detail"]
    assert client.get("/v1/stats").json["writes"] is None
    assert "vitrine_queued_writes" not in client.get("/metrics").text


def test_writing_needs_the_scope_write(settings: Settings, encoder: Encoder, index: ItemIndex) -> None:
    client = app_with(index, encoder, api_keys=API_KEYS, state_dir=settings.state_dir).test_client()
    for method, path in (("DELETE", "/v1/items/a"), ("PUT", "/v1/items/a"), ("POST", "/v1/items/batch")):
        refused = client.open(path, method=method, headers=bearer(KEYS["search"]), json={})
        assert_problem(refused, 403, "scope_missing")
    done = client.delete("/v1/items/a", headers=bearer(KEYS["write"]))
    assert done.status_code == 202
    assert_problem(client.get(done.headers["Location"], headers=bearer(KEYS["search"])), 403, "scope_missing")
    for scope in ("write", "admin"):
        assert client.get(done.headers["Location"], headers=bearer(KEYS[scope])).status_code == 200
