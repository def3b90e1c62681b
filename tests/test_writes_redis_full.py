"""A Redis whose memory is nearly used up: more is refused, and what was accepted is done."""

from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from catalog.errors import QueueFull
from catalog.index import ItemIndex
from catalog.settings import Settings
from catalog.writes.idempotency import Claim, once
from catalog.writes.operations import operation_adapter
from catalog.writes.queue import Request, WriteQueue
from tests.processes import running
from tests.pushing import eventually
from tests.redis_server import needs_redis, redis_server
from tests.test_writes_crashes import environ_of, pictures_for, push

# Enough for what is taken at once, in what is left of it.
_ROOM, _TEXT = 12_000_000, 19_900


def patch(number: int) -> Any:
    fields = {"description": f"{number} {'x' * _TEXT}"}
    return operation_adapter.validate_python({"op": "patch", "id": "A", "fields": fields})


@needs_redis
def test_the_rest_of_the_memory_is_left_to_the_workers(
    settings: Settings, index: ItemIndex, tmp_path: Path
) -> None:
    with (
        redis_server(tmp_path / "redis") as redis,
        pictures_for(settings) as (pictures, own),
        ExitStack() as stack,
    ):
        own = own.model_copy(update={"redis_url": redis.url})
        queue = stack.enter_context(closing(WriteQueue(own)))
        client = stack.enter_context(closing(Redis.from_url(redis.url)))
        item = {"id": "A", "title": "t", "category": "c", "images": [pictures.url("/1-2-3.jpg")]}
        push(queue, [operation_adapter.validate_python({"op": "put", "item": item})])
        client.config_set("maxmemory", client.info("memory")["used_memory"] + _ROOM)
        accepted = 0
        with pytest.raises(QueueFull, match="memory"):
            while True:
                push(queue, [patch(accepted)])
                accepted += 1
        assert accepted > _ROOM / (2 * _TEXT), "it is not refused long before"
        with pytest.raises(QueueFull):
            once(queue, Claim("", "key", "1"), lambda name: queue.accept(Request({0: patch(0)}, {}), name))
        assert queue.parts.idempotency.count() == 0, "it would never be forgotten"
        stack.enter_context(
            running("-m", "ingest", "work", log=tmp_path / "worker.log", environ=environ_of(own))
        )
        eventually(lambda: queue.waiting() == 0, timeout_s=90)
        (point,) = index.points_of(["A"])["A"]
        assert point.payload["description"].startswith(f"{accepted - 1} ")
        push(queue, [patch(0)])
