"""What a collection of items is made of: its vectors, payload indexes, metadata and name."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from qdrant_client import models

from catalog.attributes import DATES, NUMBERS, TERMS, path_of
from catalog.points import (
    IMAGE,
    IMAGE_SHA256,
    ITEM_ID,
    KEYWORDS,
    PRICE,
    PRICE_BAND,
    PRIMARY,
    UPDATED_AT,
    Point,
)

# The model with which the engine itself computes BM25 weights from a text. Its default length of an average
# text is 256 words; titles are short, and one that says nothing else should come before one that says more.
# 32 is measured: see catalog/ranking.py.
BM25_MODEL = "qdrant/bm25"
BM25_OPTIONS = {"avg_len": 32}

# Every field that a filter, a facet or an order can name. Range filters need the graph links that Qdrant
# adds for an indexed field, so nothing here turns them off. Attributes get theirs when they are first seen.
PAYLOAD_INDEXES = {
    ITEM_ID: models.PayloadSchemaType.KEYWORD,
    "category": models.PayloadSchemaType.KEYWORD,
    "brand": models.PayloadSchemaType.KEYWORD,
    "colour": models.PayloadSchemaType.KEYWORD,
    "gender": models.PayloadSchemaType.KEYWORD,
    PRICE: models.PayloadSchemaType.FLOAT,
    PRICE_BAND: models.PayloadSchemaType.INTEGER,
    "in_stock": models.PayloadSchemaType.BOOL,
    PRIMARY: models.PayloadSchemaType.BOOL,
    IMAGE_SHA256: models.PayloadSchemaType.KEYWORD,
    UPDATED_AT: models.PayloadSchemaType.DATETIME,
}
_READING_INDEXES = {
    TERMS: models.PayloadSchemaType.KEYWORD,
    NUMBERS: models.PayloadSchemaType.FLOAT,
    DATES: models.PayloadSchemaType.DATETIME,
}
# Each payload index costs memory and time at every write; a shop filters by a dozen attributes.
MAX_FILTERABLE_ATTRIBUTES = 64

# int8 in memory finds the candidates, the float32 originals score them.
QUANTIZATION = models.ScalarQuantization(
    scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=0.99, always_ram=True)
)
SEARCH_PARAMS = {"quantization": {"rescore": True, "oversampling": 2.0}}
# Every vector compared in float32: what the engine's answers are measured against.
EXACT_PARAMS = {"exact": True, "quantization": {"ignore": True}}

# What no call of ours needs is refused, so that a mistake fails in the open and not by a slow store. A filter
# on a field without a payload index would look at every point; the limit is above what a search through items
# of 16 pictures each can ask for.
STRICT_MODE = models.StrictModeConfig(
    enabled=True,
    unindexed_filtering_retrieve=False,
    unindexed_filtering_update=False,
    max_query_limit=2_000_000,
    search_max_batchsize=32,
    search_max_oversampling=2.0,
    upsert_max_batchsize=256,
    max_payload_index_count=len(PAYLOAD_INDEXES) + len(_READING_INDEXES) * MAX_FILTERABLE_ATTRIBUTES,
)


def bm25(text: str) -> models.Document:
    """A text that the engine turns into its BM25 vector, the same way for products and for queries."""
    return models.Document(**bm25_json(text))


def bm25_json(text: str) -> dict[str, Any]:
    """The same as it is sent."""
    return {"text": text, "model": BM25_MODEL, "options": BM25_OPTIONS}


def collection_settings(
    dimension: int,
    model: str,
    fingerprint: str,
    loaded_from: str = "",
) -> dict[str, Any]:
    """Keyword arguments of `create_collection`. `loaded_from`: where another process finds the model."""
    return {
        "vectors_config": {IMAGE: models.VectorParams(size=dimension, distance=models.Distance.COSINE)},
        "sparse_vectors_config": {KEYWORDS: models.SparseVectorParams(modifier=models.Modifier.IDF)},
        "quantization_config": QUANTIZATION,
        "strict_mode_config": STRICT_MODE,
        "metadata": {"model": model, "fingerprint": fingerprint, "loaded_from": loaded_from},
    }


def struct_of(point: Point) -> models.PointStruct:
    """A point as the client sends it."""
    vectors: models.VectorStruct = {IMAGE: point.vector.tolist(), KEYWORDS: bm25(point.keywords)}
    return models.PointStruct(id=point.id, vector=vectors, payload=point.payload)


def attribute_indexes(payload: Mapping[str, Any]) -> dict[str, models.PayloadSchemaType]:
    """The payload indexes that the attributes of a payload call for, by path."""
    return {
        path_of(reading, name): kind
        for reading, kind in _READING_INDEXES.items()
        for name in payload.get(reading, ())
    }


def numbered(alias: str, model: str, existing: Iterable[str]) -> dict[int, str]:
    """Those of the collections that were made for the alias by the model, by their number."""
    pattern = re.compile(re.escape(f"{alias}-{model}-") + r"(\d+)$")
    return {int(match[1]): name for name in existing if (match := pattern.match(name))}


def next_collection_name(alias: str, model: str, existing: Iterable[str]) -> str:
    """`items-<model>-<n>`, n one above the highest in use."""
    return f"{alias}-{model}-{max(numbered(alias, model, existing), default=0) + 1}"
