"""Searches of a batch that share their prefetches answer as each alone, where vectors are quantised, too."""

from collections.abc import Iterator
from typing import Any

import pytest
from qdrant_client import QdrantClient, models

from tests.vectorstore_load import load, wait_until_optimised
from tests.vectorstore_process import serving
from tests.vectorstore_shop import COLLECTION, Shop

SHOP = Shop.made(2000, dimension=64, queries=12)
WORDS = models.Document(text="dress brand-7", model="qdrant/bm25")
OTHER_WORDS = models.Document(text="brand-8", model="qdrant/bm25")


@pytest.fixture(scope="module")
def client() -> Iterator[QdrantClient]:
    environ = {"QDRANT__STORAGE__OPTIMIZERS__INDEXING_THRESHOLD_KB": "100"}
    with serving(environ=environ) as store, store.client() as opened:
        opened.create_collection(
            COLLECTION,
            vectors_config={
                "image": models.VectorParams(size=SHOP.dimension, distance=models.Distance.COSINE)
            },
            sparse_vectors_config={"keywords": models.SparseVectorParams(modifier=models.Modifier.IDF)},
            # Else so few vectors are searched one by one, and as they were sent.
            hnsw_config=models.HnswConfigDiff(full_scan_threshold=10),
        )
        load(store, SHOP)
        wait_until_optimised(store, at_least=0.9)
        yield opened


def by_picture(vector: Any, **asked: Any) -> dict[str, Any]:
    return {"query": vector.tolist(), "using": "image", **asked}


def by_words(words: models.Document, **asked: Any) -> dict[str, Any]:
    return {"query": words, "using": "keywords", **asked}


@pytest.mark.parametrize("rescore", [None, True, False])
@pytest.mark.parametrize("limit", [5, 200])
def test_a_batch_scores_as_its_searches_alone(client: QdrantClient, rescore: bool | None, limit: int) -> None:
    params = models.SearchParams(quantization=models.QuantizationSearchParams(rescore=rescore))
    for vector, other in zip(SHOP.queries[::2], SHOP.queries[1::2], strict=True):
        found = [
            models.Prefetch(**by_picture(vector, limit=50, params=params)),
            models.Prefetch(**by_words(WORDS, limit=30)),
        ]
        asked: list[dict[str, Any]] = [
            by_picture(vector, prefetch=found, limit=limit),
            by_words(WORDS, prefetch=found, limit=limit),
            by_picture(other, prefetch=found, limit=limit),
            by_words(OTHER_WORDS, prefetch=found, limit=limit),
        ]
        requests = [models.QueryRequest(**each) for each in asked]
        together = client.query_batch_points(COLLECTION, requests)
        for request, answer in zip(requests, together, strict=True):
            # Over so sparse a graph the engine itself misses candidates, unless told not to use it.
            exactly = request.model_copy(update={"params": models.SearchParams(exact=True)})
            alone = client.query_batch_points(COLLECTION, [exactly])[0].points
            assert [hit.score for hit in answer.points] == [hit.score for hit in alone]
            if limit > 80:  # else those of equal score may stand for each other at the end
                assert {hit.id: hit for hit in answer.points} == {hit.id: hit for hit in alone}
