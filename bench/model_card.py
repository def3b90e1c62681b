"""The table of the bundled model's card, measured anew: `python -m bench.model_card FOLDER`.

FOLDER holds products.csv with the columns id, title, category and image, and the pictures; any further column
of labels can be named with --label. All figures are by exact search in memory and by the metrics of
`python -m ingest evaluate`: a title should find its own picture (recall@1, recall@10), and the first ten
should be of its category (precision@10); a picture should find others of its category (precision@5), itself
left out. A product without a title is asked for by its picture alone.
"""

import argparse
import csv
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.machine import machine
from catalog.encoder import Encoder, Vectors, open_encoder
from catalog.images import ImageLimits, decode_image
from catalog.settings import Settings
from ingest.quality.intervals import mean_of
from ingest.quality.measures import Judged, Scores, per_query

_AT_ONCE = 64
_DEPTH = 10

Row = dict[str, str]


def embedded(encoder: Encoder, folder: Path, rows: Sequence[Row]) -> Vectors:
    """The vectors of the rows' pictures, float32 `(rows, dimension)`."""
    parts = []
    for start in range(0, len(rows), _AT_ONCE):
        contents = [(folder / row["image"]).read_bytes() for row in rows[start : start + _AT_ONCE]]
        pictures = [decode_image(content, ImageLimits(), encoder.useful_side_px) for content in contents]
        parts.append(encoder.encode_images(pictures))
    return np.concatenate(parts)


def answers(queries: Vectors, pictures: Vectors, ids: Sequence[str], is_own: bool) -> list[list[str]]:
    """The ids of the nearest pictures of each query. `is_own`: the queries are the pictures themselves."""
    found = []
    for n, query in enumerate(queries):
        cosines = pictures @ query
        if is_own:
            cosines[n] = -np.inf
        found.append([ids[place] for place in np.argsort(-cosines, kind="stable")[:_DEPTH]])
    return found


def same_label(rows: Sequence[Row], label: str) -> list[set[str]]:
    """For each row the ids of those with the same label; they are shared, not copied."""
    groups: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        groups[row[label]].add(row["id"])
    return [groups[row[label]] for row in rows]


def measured(found: Sequence[Sequence[str]], right: Sequence[set[str]], metric: str) -> Scores:
    judged = [Judged(answer, relevant) for answer, relevant in zip(found, right, strict=True)]
    return per_query(judged, (int(metric.partition("@")[2]),))[metric]


def show(name: str, values: Scores) -> None:
    mean = mean_of(values)
    print(f"{name:44}{mean.value:.3f}   95 % interval {mean.low:.3f} to {mean.high:.3f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--label", action="append", help="a column of labels; category, if none is named")
    options = parser.parse_args()
    with (options.folder / "products.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    encoder = open_encoder(Settings(_env_file=None))
    ids = [row["id"] for row in rows]
    pictures = embedded(encoder, options.folder, rows)
    print(f"{machine()}\n{len(rows)} products of {options.folder.name}, model {encoder.name}", flush=True)
    by_picture = answers(pictures, pictures, ids, is_own=True)
    by_title = None
    if all(row.get("title") for row in rows):
        by_title = answers(encoder.encode_texts([row["title"] for row in rows]), pictures, ids, is_own=False)
        own = [{id_} for id_ in ids]
        show("title to image, recall@1", measured(by_title, own, "recall@1"))
        show("title to image, recall@10", measured(by_title, own, "recall@10"))
    for label in options.label or ["category"]:
        right = same_label(rows, label)
        if by_title:
            show(f"title to image, {label} precision@10", measured(by_title, right, "precision@10"))
        others = [relevant - {id_} for relevant, id_ in zip(right, ids, strict=True)]
        show(f"image to image, {label} precision@5", measured(by_picture, others, "precision@5"))


if __name__ == "__main__":
    main()
