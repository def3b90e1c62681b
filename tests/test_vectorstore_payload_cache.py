"""What is read again after a write is what was written, however often it was read before."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from qdrant_client.http import models

from vectorstore.shard import payload_cache
from vectorstore.shard.routes import read_of, write_of
from vectorstore.shard.shard import Shard

POINT = UUID("5f1c0b0a-7d5e-4d0e-9d0a-5b1f6f6f0001")


@pytest.fixture
def shard(tmp_path: Path) -> Iterator[Shard]:
    settings = models.CreateCollection(
        vectors={"image": models.VectorParams(size=2, distance=models.Distance.COSINE)}
    )
    opened = Shard(tmp_path / "shard", settings, 10_000)
    yield opened
    asyncio.run(opened.close())


def write(shard: Shard, target: str, body: object) -> None:
    asyncio.run(write_of(target, orjson.dumps(body), wait=True)(shard))  # type: ignore[arg-type]


def put(shard: Shard, payloads: dict[Any, dict[str, Any]]) -> None:
    points = [{"id": id_, "vector": {"image": [1, 0]}, "payload": body} for id_, body in payloads.items()]
    write(shard, "PUT points", {"points": points})


def read(shard: Shard, ids: list[Any], **asked: Any) -> Any:
    answer = read_of("POST points", orjson.dumps({"ids": ids, **asked}))
    assert answer is not None
    return orjson.loads(orjson.dumps(answer(shard)))


def searched(shard: Shard) -> dict[Any, Any]:
    body = {"query": [1.0, 0.0], "using": "image", "with_payload": True}
    answer = read_of("POST points/query", orjson.dumps(body))
    assert answer is not None
    hits = orjson.loads(orjson.dumps(answer(shard)))["points"]
    return {hit["id"]: hit["payload"] for hit in hits}


@pytest.mark.parametrize(
    ("target", "body", "after"),
    [
        ("POST points/payload", {"payload": {"price": 2}, "points": [str(POINT)]}, {"a": 1, "price": 2}),
        ("PUT points/payload", {"payload": {"price": 2}, "points": [str(POINT)]}, {"price": 2}),
        ("POST points/payload/delete", {"keys": ["a"], "points": [str(POINT)]}, {}),
        ("POST points/payload/clear", {"points": [str(POINT)]}, {}),
        ("POST points/batch", {"operations": [{"clear_payload": {"points": [str(POINT)]}}]}, {}),
    ],
)
def test_a_payload_is_read_as_it_was_written_last(
    shard: Shard, target: str, body: dict[str, Any], after: dict[str, Any]
) -> None:
    put(shard, {str(POINT): {"a": 1}, 7: {"b": 1}})
    for _ in range(2):
        assert read(shard, [str(POINT)]) == [{"id": str(POINT), "payload": {"a": 1}}]
        assert searched(shard) == {str(POINT): {"a": 1}, 7: {"b": 1}}
    write(shard, target, body)
    for _ in range(2):
        assert read(shard, [str(POINT)]) == [{"id": str(POINT), "payload": after}]
        assert searched(shard) == {str(POINT): after, 7: {"b": 1}}


def test_a_deleted_point_is_read_no_more(shard: Shard) -> None:
    put(shard, {str(POINT): {"a": 1}, 7: {"b": 1}})
    assert len(read(shard, [7, str(POINT)])) == 2
    write(shard, "POST points/delete", {"points": [7]})
    assert [each["id"] for each in read(shard, [7, str(POINT)])] == [str(POINT)]


def test_points_are_answered_in_the_order_asked_for_each_once(shard: Shard) -> None:
    ids = [str(uuid4()) for _ in range(5)]
    put(shard, {id_: {"n": n} for n, id_ in enumerate(ids)})
    assert [each["payload"]["n"] for each in read(shard, [ids[3]])] == [3]
    asked = [ids[4], ids[3], ids[4], ids[3].upper(), str(uuid4()), ids[0]]
    assert [each["payload"]["n"] for each in read(shard, asked)] == [4, 3, 0]


def test_what_is_remembered_has_a_bound(shard: Shard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payload_cache, "_MAX_BYTES", 20_000)
    ids = list(range(100))
    put(shard, {id_: {"text": "x" * 200} for id_ in ids})
    for id_ in ids:
        assert read(shard, [id_]) == [{"id": id_, "payload": {"text": "x" * 200}}]
    assert len(shard.payloads._records) <= 20_000 / 600 + 1
