"""What hybrid search is worth: `python -m bench.hybrid FOLDER`.

FOLDER holds products.csv with the columns id, title, colour, article_type and image, and the pictures. Two
kinds of query are asked in every way of searching: the titles, of which each should find its own product
(mean reciprocal rank), also three words of each; and "colour article", of which the first eight should be of
that colour and kind (precision at 8). Fusion by rank and by distribution, done by the engine, stand beside.
"""

import argparse
import csv
import random
import statistics
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from qdrant_client import models

from bench.machine import machine
from catalog.collection import connect
from catalog.encoder import Encoder, open_encoder
from catalog.index import ItemIndex
from catalog.points import IMAGE, ITEM_ID, KEYWORDS
from catalog.schema import SEARCH_PARAMS, bm25
from catalog.settings import Settings
from catalog.wanted import Wanted, Words
from ingest.feeds.open_feed import open_feed
from ingest.pipeline import ingest
from tests.vectorstore_process import serving

DEPTH = 100
FIRST = 8
LEAST_RIGHT = 8

# An answer: item ids and scores, best first.
Answer = list[tuple[str, float]]
Way = Callable[[str], Answer]


def ways(settings: Settings, encoder: Encoder, index: ItemIndex) -> dict[str, Way]:
    client = connect(settings)

    def ranked(wanted: Wanted) -> Answer:
        return [(entry.item_id, entry.score) for entry in index.rank(wanted, {}, DEPTH)[:DEPTH]]

    def by_engine(text: str, fusion: models.Fusion) -> Answer:
        vector = encoder.encode_texts([text])[0].tolist()
        found = client.query_points(
            index.version(),
            prefetch=[
                models.Prefetch(query=vector, using=IMAGE, params=SEARCH_PARAMS, limit=DEPTH),
                models.Prefetch(query=bm25(text), using=KEYWORDS, limit=DEPTH),
            ],
            query=models.FusionQuery(fusion=fusion),
            limit=DEPTH,
            with_payload=[ITEM_ID],
        )
        return [((point.payload or {})[ITEM_ID], point.score) for point in found.points]

    return {
        "vector": lambda text: ranked(Wanted(encoder.encode_texts([text])[0])),
        "keyword": lambda text: ranked(Wanted(None, (Words(text),))),
        "hybrid": lambda text: ranked(Wanted(encoder.encode_texts([text])[0], (Words(text),))),
        "fused by rank (RRF)": lambda text: by_engine(text, models.Fusion.RRF),
        "fused by distribution (DBSF)": lambda text: by_engine(text, models.Fusion.DBSF),
    }


def reciprocal_rank(answer: Answer, right: str) -> float:
    """Its mean over every order of the items whose score is that of the right one; 0 if it is not there."""
    score = next((score for item_id, score in answer if item_id == right), None)
    if score is None:
        return 0.0
    better = sum(other > score + 1e-6 for _, other in answer)
    equal = sum(abs(other - score) <= 1e-6 for _, other in answer)
    return float(np.mean([1 / (better + place) for place in range(1, equal + 1)]))


def mean_reciprocal_rank(way: Way, queries: Sequence[tuple[str, str]]) -> float:
    return statistics.fmean(reciprocal_rank(way(text), right) for text, right in queries)


def precision(way: Way, queries: Sequence[tuple[str, set[str]]]) -> float:
    return statistics.fmean(
        sum(item_id in right for item_id, _ in way(text)[:FIRST]) / FIRST for text, right in queries
    )


def colour_queries(rows: Sequence[dict[str, str]]) -> list[tuple[str, set[str]]]:
    """Of each pair of colour and article that enough products have."""
    pairs = Counter((row["colour"], row["article_type"]) for row in rows)
    return [
        (
            f"{colour} {article}".lower(),
            {row["id"] for row in rows if (row["colour"], row["article_type"]) == (colour, article)},
        )
        for (colour, article), count in pairs.items()
        if count >= LEAST_RIGHT
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=1, help="ask every n-th title only")
    options = parser.parse_args()
    with (options.folder / "products.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    dice = random.Random(0)  # noqa: S311 - chooses words, not secrets
    asked = rows[:: options.every]
    titles = [(row["title"], row["id"]) for row in asked]
    few_words = [
        (" ".join(dice.sample(title.split(), min(3, len(title.split())))), id_) for title, id_ in titles
    ]
    coloured = colour_queries(rows)
    with tempfile.TemporaryDirectory() as folder, serving() as store:
        settings = Settings(
            _env_file=None, qdrant_url=store.url, thumbnail_dir=Path(folder), encoder_threads=1
        )
        encoder = open_encoder(settings)
        index = ItemIndex(connect(settings), store.url, settings.index_alias, encoder)
        ingest(open_feed(str(options.folder / "products.csv")), settings, encoder, index)
        print(f"{machine()}\n{index.count({})} products of {options.folder.name}", flush=True)
        print(f"{'':30}{'MRR of titles':>14}{'of 3 words':>12}{'P@8 of colours':>16}")
        for name, way in ways(settings, encoder, index).items():
            print(
                f"{name:30}{mean_reciprocal_rank(way, titles):14.4f}"
                f"{mean_reciprocal_rank(way, few_words):12.4f}{precision(way, coloured):16.4f}", flush=True,
            )  # fmt: skip
    print(f"{len(titles)} titles, {len(coloured)} pairs of colour and article")


if __name__ == "__main__":
    main()
