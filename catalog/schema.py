"""What a collection of items is made of: its vectors, payload indexes, metadata and name."""

import re
from collections.abc import Iterable
from typing import Any

from qdrant_client import models

from catalog.points import IMAGE, IMAGE_SHA256, ITEM_ID, KEYWORDS, PRIMARY, UPDATED_AT

# The model with which the engine itself computes BM25 weights from a text.
BM25_MODEL = "qdrant/bm25"

# Every field that a filter, a facet or an order can name. Range filters need the graph links that Qdrant
# adds for an indexed field, so nothing here turns them off.
PAYLOAD_INDEXES = {
    ITEM_ID: models.PayloadSchemaType.KEYWORD,
    "category": models.PayloadSchemaType.KEYWORD,
    "brand": models.PayloadSchemaType.KEYWORD,
    "colour": models.PayloadSchemaType.KEYWORD,
    "gender": models.PayloadSchemaType.KEYWORD,
    "price": models.PayloadSchemaType.FLOAT,
    "in_stock": models.PayloadSchemaType.BOOL,
    PRIMARY: models.PayloadSchemaType.BOOL,
    IMAGE_SHA256: models.PayloadSchemaType.KEYWORD,
    UPDATED_AT: models.PayloadSchemaType.DATETIME,
}

# int8 in memory finds the candidates, the float32 originals score them.
QUANTIZATION = models.ScalarQuantization(
    scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=0.99, always_ram=True)
)
SEARCH_PARAMS = models.SearchParams(
    quantization=models.QuantizationSearchParams(rescore=True, oversampling=2.0)
)


def collection_settings(dimension: int, model: str, fingerprint: str) -> dict[str, Any]:
    """Keyword arguments of `create_collection`."""
    return {
        "vectors_config": {IMAGE: models.VectorParams(size=dimension, distance=models.Distance.COSINE)},
        "sparse_vectors_config": {KEYWORDS: models.SparseVectorParams(modifier=models.Modifier.IDF)},
        "quantization_config": QUANTIZATION,
        "metadata": {"model": model, "fingerprint": fingerprint},
    }


def next_collection_name(alias: str, model: str, existing: Iterable[str]) -> str:
    """`items-<model>-<n>`, n one above the highest in use."""
    pattern = re.compile(re.escape(f"{alias}-{model}-") + r"(\d+)$")
    numbers = [int(match[1]) for name in existing if (match := pattern.match(name))]
    return f"{alias}-{model}-{max(numbers, default=0) + 1}"
