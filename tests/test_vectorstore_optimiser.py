"""Optimising happens beside the service: nothing waits for it, and nothing that was written is lost."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
import orjson
import pytest

from tests.vectorstore_load import TOP, MixedLoad, cases, load, query_body, wait_until_optimised
from tests.vectorstore_process import serving
from tests.vectorstore_shop import COLLECTION, Shop, create

# Twice the 10 MB from which on the engine searches the graph: below, every search is exact.
POINTS = 24_000


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop.made(POINTS, dimension=256, queries=60)


def test_a_swap_loses_nothing_stalls_nobody_and_finds_the_same(shop: Shop) -> None:
    with serving() as store:
        with store.client() as client:
            create(client, shop.dimension)
        load(store, shop)
        under_load = MixedLoad(store, shop)
        under_load.start()
        wait_until_optimised(store, at_least=0.8)
        under_load.over.set()
        under_load.join()
        until(lambda: store.said("optimised items"))
        # bench/vectorstore.py measures the 250 ms that are promised; a machine that runs tests is busier.
        assert max(under_load.query_s) < 1.0
        assert under_load.failures == []
        with httpx.Client(base_url=store.url, timeout=60) as http:
            everything = http.post(f"/collections/{COLLECTION}/points/count", content=b"{}").json()
            assert everything["result"]["count"] == POINTS
            for name, (condition, passes) in cases(shop).items():
                assert recall(http, shop, condition, passes(shop)) >= 0.97, name


def test_what_the_last_writes_left_is_indexed_once_nothing_more_is_written() -> None:
    shop = Shop.made(6000, dimension=64, queries=1)
    environ = {"QDRANT__STORAGE__OPTIMIZERS__INDEXING_THRESHOLD_KB": "400", "VECTORSTORE_SETTLED_S": "2"}
    with serving(environ=environ) as store, store.client() as client:
        create(client, shop.dimension)
        load(store, shop)
        wait_until_optimised(store, at_least=0.8)
        more = [{**shop.point(i), "id": 10_000 + i} for i in range(250)]  # the threshold are 1,600
        client.upsert(COLLECTION, more)
        assert wait_until_optimised(store, at_least=1) > 1


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert condition()


def recall(http: httpx.Client, shop: Shop, condition: object, passes: np.ndarray) -> float:
    """recall@10 against exact float32 search."""
    scores = np.where(passes, shop.queries @ shop.vectors.T, -np.inf)
    truth = np.argpartition(-scores, TOP, axis=1)[:, :TOP]
    found = 0
    for vector, best in zip(shop.queries, truth, strict=True):
        body = query_body(vector, condition)  # type: ignore[arg-type]
        answer = http.post(f"/collections/{COLLECTION}/points/query", content=body)
        found += len(
            {point["id"] for point in orjson.loads(answer.content)["result"]["points"]} & set(best.tolist())
        )
    return found / truth.size


def test_writes_of_every_kind_during_an_optimisation_are_in_the_swapped_copy(tmp_path: Path) -> None:
    shop = Shop.made(6000, dimension=64, queries=2)
    environ = {"QDRANT__STORAGE__OPTIMIZERS__INDEXING_THRESHOLD_KB": "0"}
    with serving(tmp_path, environ) as store, store.client() as client:
        create(client, shop.dimension)
        load(store, shop)
        client.update_collection(COLLECTION, optimizers_config={"indexing_threshold": 100})
        directory = tmp_path / "collections" / COLLECTION
        until(lambda: bool(list(directory.glob("journal-*"))))
        client.delete(COLLECTION, [1, 2, 3])
        client.set_payload(COLLECTION, {"brand": "changed"}, points=[10, 11])
        client.overwrite_payload(COLLECTION, {"brand": "alone"}, points=[12])
        client.create_payload_index(COLLECTION, "title", field_schema="keyword")
        client.upsert(
            COLLECTION, [{"id": 70_000, "vector": {"image": shop.vectors[0].tolist()}, "payload": {}}]
        )
        wait_until_optimised(store, at_least=0.9)
        until(lambda: not list(directory.glob("shard-000001")))
        found = {
            point.id: point.payload for point in client.retrieve(COLLECTION, [1, 2, 3, 10, 11, 12, 70_000])
        }
        assert found.keys() == {10, 11, 12, 70_000}
        assert [found[i]["brand"] for i in (10, 11, 12)] == ["changed", "changed", "alone"]
        assert found[12] == {"brand": "alone"}
        assert client.facet(COLLECTION, "title", limit=1, exact=True).hits
        assert client.get_collection(COLLECTION).payload_schema["title"].points == 5996


def test_many_writers_at_once_are_all_acknowledged_as_durable(tmp_path: Path) -> None:
    shop = Shop.made(256, dimension=16, queries=1)
    with serving(tmp_path) as store, store.client() as client:
        create(client, shop.dimension)

        def write(writer: int) -> None:
            with httpx.Client(base_url=store.url, timeout=60) as http:
                for i in range(20):
                    body = shop.body((writer * 20 + i) % 256, 1)
                    answer = http.put(f"/collections/{COLLECTION}/points?wait=true", content=body)
                    assert answer.json()["result"]["status"] == "completed"

        threads = [threading.Thread(target=write, args=(writer,)) for writer in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert client.count(COLLECTION).count == 160
