"""Loads for the vector store's tests and bench: bulk, and mixed with queries."""

import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import orjson
from qdrant_client import models

from tests.vectorstore_process import VectorStore
from tests.vectorstore_shop import BATCH, COLLECTION, Shop, put

TOP = 10
RUNS = 5
QUERY_PATH = f"/collections/{COLLECTION}/points/query"

# name: (engine filter as JSON, which points pass)
_Case = tuple[dict[str, Any] | None, Callable[[Shop], Any]]
_CATEGORY = {"key": "category", "match": {"value": "category-3"}}


def cases(shop: Shop) -> dict[str, _Case]:
    low, high = (float(np.quantile(shop.prices, q)) for q in (0.495, 0.505))
    above, narrow = (
        {"key": "price", "range": {"gte": 30.0}},
        {"key": "price", "range": {"gte": low, "lte": high}},
    )
    return {
        "no filter": (None, lambda s: np.ones(len(s.vectors), dtype=bool)),
        "category": ({"must": [_CATEGORY]}, lambda s: s.categories == 3),
        "category + price": (
            {"must": [_CATEGORY, above]},
            lambda s: (s.categories == 3) & (s.prices >= 30.0),
        ),
        "1 % price range": ({"must": [narrow]}, lambda s: (s.prices >= low) & (s.prices <= high)),
    }


def query_body(vector: Any, condition: dict[str, Any] | None) -> bytes:
    body = {
        "query": vector.tolist(),
        "using": "image",
        "limit": TOP,
        "filter": condition,
        "with_payload": True,
    }
    return orjson.dumps(body)


def load(store: VectorStore, shop: Shop, first: int = 0) -> float:
    """Points a second from ready bodies on one connection, each durable before the next is sent."""
    spent_s = 0.0
    with httpx.Client(base_url=store.url, timeout=120) as http:
        for start in range(first, len(shop.vectors), BATCH):
            body = shop.body(start)
            began = time.perf_counter()
            put(http, body)
            spent_s += time.perf_counter() - began
    return (len(shop.vectors) - first) / spent_s


def wait_until_optimised(store: VectorStore, at_least: float = 0.95, collection: str = COLLECTION) -> float:
    """Seconds until that share of the vectors is indexed and swapped in."""
    began = time.perf_counter()
    with store.client() as client:
        while True:
            info = client.get_collection(collection)
            indexed, points = info.indexed_vectors_count or 0, info.points_count or 0
            if info.status == models.CollectionStatus.GREEN and indexed >= 2 * at_least * points:
                return time.perf_counter() - began
            assert time.perf_counter() - began < 900, info
            time.sleep(0.5)


class MixedLoad(threading.Thread):
    """Filtered queries and small upserts on connections of their own; remembers every query's duration."""

    def __init__(self, store: VectorStore, shop: Shop) -> None:
        super().__init__(daemon=True)
        self._store, self._shop = store, shop
        self.over = threading.Event()
        self.query_s: list[float] = []
        self.writes = 0
        self.failures: list[str] = []
        self._writer = threading.Thread(target=self._write, daemon=True)

    def run(self) -> None:
        self._writer.start()
        condition, _ = cases(self._shop)["category + price"]
        bodies = [query_body(vector, condition) for vector in self._shop.queries]
        with httpx.Client(base_url=self._store.url, timeout=120) as http:
            while not self.over.is_set():
                began = time.perf_counter()
                answer = http.post(QUERY_PATH, content=bodies[len(self.query_s) % len(bodies)])
                self.query_s.append(time.perf_counter() - began)
                if answer.status_code != 200:
                    self.failures.append(answer.text)
                time.sleep(0.005)

    def _write(self) -> None:
        with httpx.Client(base_url=self._store.url, timeout=120) as http:
            while not self.over.wait(0.1):
                put(http, self._shop.body(self.writes * 32 % (len(self._shop.vectors) // 2), 32))
                self.writes += 1


def medians_ms(calls: dict[str, Callable[[int], Any]], times: int = 200) -> dict[str, float]:
    """The median of the runs' medians of each call, the calls taking turns."""
    runs: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(RUNS):
        for name, call in calls.items():
            spent = []
            for i in range(times):
                began = time.perf_counter()
                call(i)
                spent.append(time.perf_counter() - began)
            runs[name].append(statistics.median(spent) * 1000)
    return {name: statistics.median(values) for name, values in runs.items()}
