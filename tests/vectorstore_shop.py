"""A made-up shop for the vector store's tests and bench: clustered vectors, categories, log-normal prices."""

from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np
import orjson
from qdrant_client import QdrantClient, models

COLLECTION = "items"
BATCH = 256
PAYLOAD_INDEXES = {
    "item_id": "keyword",
    "category": "keyword",
    "brand": "keyword",
    "price": "float",
    "in_stock": "bool",
    "primary": "bool",
    "updated_at": "datetime",
}


@dataclass
class Shop:
    """Points whose vectors lie in clusters, as those of real pictures do."""

    vectors: Any
    categories: Any
    prices: Any
    queries: Any

    @classmethod
    def made(cls, points: int, dimension: int = 256, queries: int = 200, seed: int = 7) -> "Shop":
        rng = np.random.default_rng(seed)
        centres = rng.normal(size=(400, dimension)).astype(np.float32)

        def near(count: int) -> Any:
            noise = rng.standard_normal(size=(count, dimension), dtype=np.float32)
            vectors = centres[rng.integers(0, len(centres), count)] + np.float32(0.7) * noise
            return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

        prices = np.round(np.exp(rng.normal(3.5, 0.6, points)), 4)
        return cls(near(points), rng.integers(0, 20, points), prices, near(queries))

    @property
    def dimension(self) -> int:
        return int(self.vectors.shape[1])

    def payload(self, i: int) -> dict[str, Any]:
        return {
            "item_id": f"A{i // 2}",
            "title": f"floral dress {i % 977}",
            "category": f"category-{self.categories[i]}",
            "brand": f"brand-{i % 300}",
            "price": float(self.prices[i]),
            "in_stock": bool(i % 5),
            "primary": i % 2 == 0,
            "updated_at": "2026-01-01T00:00:00Z",
        }

    def point(self, i: int) -> dict[str, Any]:
        keywords = {"text": f"floral dress {i % 977} brand-{i % 300}", "model": "qdrant/bm25"}
        vector = {"image": self.vectors[i].tolist(), "keywords": keywords}
        return {"id": i, "vector": vector, "payload": self.payload(i)}

    def body(self, start: int, count: int = BATCH) -> bytes:
        """A ready upsert of the points from `start` on."""
        stop = min(start + count, len(self.vectors))
        return orjson.dumps({"points": [self.point(i) for i in range(start, stop)]})


def create(client: QdrantClient, dimension: int, name: str = COLLECTION) -> None:
    """A collection as the catalog makes it."""
    client.create_collection(
        name,
        vectors_config={"image": models.VectorParams(size=dimension, distance=models.Distance.COSINE)},
        sparse_vectors_config={"keywords": models.SparseVectorParams(modifier=models.Modifier.IDF)},
    )
    for field, schema in PAYLOAD_INDEXES.items():
        client.create_payload_index(name, field, field_schema=schema)


def put(http: httpx.Client, body: bytes, name: str = COLLECTION) -> None:
    """A durable upsert of a ready body."""
    answer = http.put(f"/collections/{name}/points?wait=true", content=body)
    assert answer.status_code == 200, answer.text
