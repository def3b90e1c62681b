"""Nothing that was accepted is lost or re-ordered: workers and Redis are killed, the store is away."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from catalog.collection import connect
from catalog.encoder import Encoder
from catalog.errors import IndexUnavailable
from catalog.index import ItemIndex
from catalog.settings import Settings
from catalog.writes.operations import operation_adapter
from catalog.writes.parts import PARTITIONS
from catalog.writes.queue import Request, WriteQueue, new_ingest_id
from service.app import create_app
from tests.assertions import assert_problem
from tests.picture_servers import serving_pictures
from tests.processes import free_port, running, wait_until_ready
from tests.pushing import Pictures, eventually
from tests.pushing_model import ITEMS, Model
from tests.redis_server import needs_redis, redis_server


def environ_of(settings: Settings) -> dict[str, str]:
    """The settings that the tests give, as a process reads them."""
    given = settings.model_dump(include=settings.model_fields_set - {"image_ports", "image_private_hosts"})
    variables = {name.upper(): str(value) for name, value in given.items()}
    ports, hosts = map(str, settings.image_ports), settings.image_private_hosts
    return variables | {"IMAGE_PORTS": ",".join(ports), "IMAGE_PRIVATE_HOSTS": ",".join(hosts)}


@contextmanager
def pictures_for(settings: Settings) -> Iterator[tuple[Pictures, Settings]]:
    pictures = Pictures()
    with serving_pictures(pictures) as pictures.server:
        ports = (pictures.server.port,)
        yield (
            pictures,
            settings.model_copy(update={"image_ports": ports, "image_private_hosts": ("127.0.0.1",)}),
        )


def push(queue: WriteQueue, operations: list[Any]) -> None:
    queue.accept(Request(dict(enumerate(operations)), {}), new_ingest_id())


class Workers:
    """Two worker processes, of which one can be killed and started again."""

    def __init__(self, stack: ExitStack, settings: Settings, folder: Path) -> None:
        self._stack = stack
        self._environ = environ_of(settings)
        self._folder = folder
        self.started = 0
        self.running = [self._start(), self._start()]

    def kill_one(self, number: int) -> None:
        self.running[number].kill()
        self.running[number].wait()
        self.running[number] = self._start()

    def _start(self) -> Any:
        self.started += 1
        log = self._folder / f"worker-{self.started}.log"
        return self._stack.enter_context(running("-m", "ingest", "work", log=log, environ=self._environ))


def assert_as_modelled(queue: WriteQueue, index: ItemIndex, model: Model) -> None:
    # Not the count of what waits: a crash may leave it wrong until the next sweep.
    parts = [queue.parts.queue(partition) for partition in range(PARTITIONS)]
    eventually(lambda: not any(part.size() or part.count() for part in parts), timeout_s=90)
    found = index.points_of([f"item-{number}" for number in range(ITEMS)])
    assert set(found) == set(model.items)
    for item_id, expected in model.items.items():
        (point,) = found[item_id]
        stored = (point.payload["title"], point.payload.get("price"), point.image_sha256)
        assert stored == (expected.title, expected.price, expected.sha256), item_id
    assert queue.parts.dead.count() == model.failures


def test_two_workers_do_nothing_twice_and_killed_ones_lose_and_reorder_nothing(
    settings: Settings, index: ItemIndex, tmp_path: Path
) -> None:
    with (
        pictures_for(settings) as (pictures, own),
        closing(WriteQueue(own)) as queue,
        ExitStack() as stack,
    ):
        workers = Workers(stack, own, tmp_path)
        assert_done_once(queue, index, pictures)
        model = Model(pictures.url(""), seed=3)
        for number in range(2):
            for _ in range(30):
                push(queue, [model.next() for _ in range(model.dice.choice([1, 1, 5]))])
            waiting = queue.waiting()
            eventually(lambda seen=waiting: queue.waiting() < seen, timeout_s=60)
            time.sleep(model.dice.random() * 0.2)
            workers.kill_one(number)
        push(queue, [model.next() for _ in range(50)])
        assert_as_modelled(queue, index, model)
        assert workers.started == 4


def assert_done_once(queue: WriteQueue, index: ItemIndex, pictures: Pictures) -> None:
    """Each with a picture of its own, whose server counts how often it was asked for."""
    paths = [f"/{n}-{n}-{n}.jpg" for n in range(100, 160)]
    for path in paths:
        item = {"id": f"own{path}", "title": "t", "category": "c", "images": [pictures.url(path)]}
        push(queue, [operation_adapter.validate_python({"op": "put", "item": item})])
    eventually(lambda: queue.waiting() == 0, timeout_s=60)
    assert sorted(pictures.server.paths) == sorted(paths)
    assert index.count({}) == len(paths), "in one collection, though both found none"


@needs_redis
def test_redis_keeps_what_it_took_and_another_worker_goes_on(
    settings: Settings, index: ItemIndex, tmp_path: Path
) -> None:
    with (
        redis_server(tmp_path / "redis") as redis,
        pictures_for(settings) as (pictures, own),
        ExitStack() as stack,
    ):
        own = own.model_copy(update={"redis_url": redis.url})
        queue = stack.enter_context(closing(WriteQueue(own)))
        model = Model(pictures.url(""), seed=7)
        for _ in range(20):
            push(queue, [model.next() for _ in range(3)])
        redis.kill()  # before a worker has seen any of it
        redis.start()
        assert queue.waiting() == 60
        workers = Workers(stack, own, tmp_path)
        eventually(lambda: queue.waiting() < 60, timeout_s=60)
        workers.running[0].kill()  # the other one goes on once the leases have run out
        push(queue, [model.next() for _ in range(20)])
        assert_as_modelled(queue, index, model)


def test_writes_are_accepted_while_the_store_is_away(
    settings: Settings, encoder: Encoder, tmp_path: Path
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    start = ("-m", "vectorstore", "--path", tmp_path / "store", "--port", port)
    settings = settings.model_copy(update={"qdrant_url": url, "qdrant_timeout_s": 2})
    log = tmp_path / "worker.log"
    with pictures_for(settings) as (pictures, own), ExitStack() as stack:
        stack.enter_context(running("-m", "ingest", "work", log=log, environ=environ_of(own)))
        store = stack.enter_context(closing(connect(own)))
        index = ItemIndex(store, url, own.index_alias, encoder)
        client = create_app(own.model_copy(update={"rate_limit": "off"}), encoder, index).test_client()
        body = {"title": "t", "category": "c", "images": [pictures.url("/1-1-1.jpg")]}
        assert client.put("/v1/items/early", json=body).status_code == 202
        eventually(lambda: "pushed writes wait" in log.read_text(), timeout_s=60)
        with running(*start, log=tmp_path / "first.log") as first:
            wait_until_ready(f"{url}/readyz", first)
            eventually(lambda: is_there(index, "early"))
            first.kill()
        ingest = client.put("/v1/items/late", json=body)
        assert ingest.status_code == 202
        assert client.delete("/v1/items/early").status_code == 202
        with running(*start, log=tmp_path / "second.log") as second:
            wait_until_ready(f"{url}/readyz", second)
            eventually(lambda: is_there(index, "late") and not is_there(index, "early"))
            done = eventually(lambda: client.get(ingest.headers["Location"]).json["state"] == "done")
            assert done and "going on" in log.read_text()


def is_there(index: ItemIndex, item_id: str) -> bool:
    try:
        return item_id in index.points_of([item_id])
    except IndexUnavailable:
        return False


def test_a_full_queue_asks_to_wait(settings: Settings, encoder: Encoder, index: ItemIndex) -> None:
    own = settings.model_copy(update={"max_queued_writes": 4, "rate_limit": "off"})
    client = create_app(own, encoder, index).test_client()
    key = {"Idempotency-Key": "one"}
    first = client.patch("/v1/items/a", json={"price": 1}, headers=key)
    assert first.status_code == 202
    patch = {"op": "patch", "id": "a", "fields": {"price": 2}}
    assert client.post("/v1/items/batch", json={"operations": [patch] * 3}).status_code == 202
    for _ in range(2):
        full = client.patch("/v1/items/a", json={"price": 3}, headers={"Idempotency-Key": "two"})
        assert_problem(full, 429, "queue_full")
        assert int(full.headers["Retry-After"]) >= 1
    again = client.patch("/v1/items/a", json={"price": 1}, headers=key)
    assert (again.status_code, again.json["id"]) == (202, first.json["id"]), "it is accepted already"
    with closing(WriteQueue(own)) as queue:
        assert queue.waiting() == 4
        queue.finished(4)
    free = client.patch("/v1/items/a", json={"price": 3}, headers={"Idempotency-Key": "two"})
    assert free.status_code == 202
