"""The service that one would write in an afternoon: Flask, sentence-transformers and hnswlib.

It embeds the text with the stock model, asks an HNSW index in its own memory and answers the products' fields
as JSON; a category is filtered inside the search, by hnswlib's own filter. No keywords, no totals, no facets.
`PLAIN_FOLDER` holds vectors.npy, float32 `(n, dimension)`, and products.json, a list of objects.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import hnswlib
import numpy as np
import orjson
import torch
from flask import Flask
from sentence_transformers import SentenceTransformer

from bench.search.small_app import app_of


def create_app() -> Flask:
    folder = Path(os.environ["PLAIN_FOLDER"])
    products: list[dict[str, Any]] = orjson.loads((folder / "products.json").read_bytes())
    vectors = np.load(folder / "vectors.npy")
    categories = np.array([product["category"] for product in products])
    index = hnswlib.Index(space="cosine", dim=vectors.shape[1])
    index.init_index(len(vectors), ef_construction=200, M=16)
    index.add_items(vectors)
    index.set_ef(128)
    torch.set_num_threads(int(os.environ["PLAIN_THREADS"]))
    model = SentenceTransformer(os.environ["PLAIN_MODEL"], device="cpu", local_files_only=True)
    model.encode([{"text": "dress"}])

    def search(asked: Mapping[str, str]) -> bytes:
        vector = model.encode([{"text": asked["text"]}], normalize_embeddings=True)
        limit, category = int(asked["limit"]), asked.get("category")
        passes = None if category is None else lambda label: categories[label] == category
        labels, distances = index.knn_query(vector, k=limit, filter=passes, num_threads=1)
        items = [
            {**products[label], "score": 1 - float(distance)}
            for label, distance in zip(labels[0], distances[0], strict=True)
        ]
        return orjson.dumps({"items": items})

    return app_of(search)
