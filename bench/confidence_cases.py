"""What bench.confidence asks: labelled queries, the catalogues they are put to, and the hits they get there.

A line of bench/confidence_queries.jsonl holds a query's text and, by catalogue, which values of which columns
its right answers have (`title`: a part of it), or null where the catalogue holds none. A catalogue that a
query does not name is not asked: opinions could differ. `split`: constants are chosen on `choose`; `test` was
written once the formula's variants were fixed.
"""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.encoder import Encoder, Vectors
from catalog.images import ImageLimits, decode_image
from catalog.points import ITEM_ID, keywords_of
from catalog.shares import shares_of_words

QUERIES = Path(__file__).with_name("confidence_queries.jsonl")
_FIRST = 24  # of each search, by picture and by keyword, as on a first page
_TITLES = 8  # products asked for by their exact titles

Row = dict[str, str]


@dataclass(frozen=True)
class Catalogue:
    """`vectors`: of every picture `(n, dimension)`; `item_of`: the row that each belongs to."""

    name: str
    rows: list[Row]
    vectors: Vectors
    item_of: NDArray[np.int64]
    keywords: list[str]

    def cosines(self, query: Vectors) -> Vectors:
        """Of each row's best picture."""
        best = np.full(len(self.rows), -1, dtype=np.float32)
        np.maximum.at(best, self.item_of, self.vectors @ query)
        return best


@dataclass
class Case:
    """A query put to a catalogue: whether it holds an answer, and the hits with what they score."""

    text: str
    catalogue: str
    split: str
    kind: str
    inside: bool
    cosines: Vectors  # of all rows
    hits: NDArray[np.int64]
    shares: NDArray[np.float64]
    right: NDArray[np.bool_]
    scores: dict[str, float] = field(default_factory=dict)

    @property
    def hit_cosines(self) -> Vectors:
        return self.cosines[self.hits]


def read_pictures(encoder: Encoder, paths: Sequence[Path]) -> Vectors:
    def read(path: Path) -> Any:
        return decode_image(path.read_bytes(), ImageLimits(), encoder.useful_side_px)

    parts = [paths[start : start + 8] for start in range(0, len(paths), 8)]
    return np.concatenate([encoder.encode_images([read(path) for path in part]) for part in parts])


def read_catalogue(folder: Path, encoder: Encoder, name: str, cache: Path | None) -> Catalogue:
    """The catalogue in `folder`; with `cache`, its vectors are kept there."""
    with (folder / "products.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    images = [row.get("images") or row["image"] for row in rows]
    pictures = [(n, folder / path) for n, paths in enumerate(images) for path in paths.split("|")]
    kept = cache / f"{name}-{encoder.fingerprint[:16]}.npy" if cache else None
    if kept and kept.exists():
        vectors = np.load(kept)
    else:
        vectors = read_pictures(encoder, [path for _, path in pictures])
        if kept:
            kept.parent.mkdir(parents=True, exist_ok=True)
            np.save(kept, vectors)
    item_of = np.array([n for n, _ in pictures])
    return Catalogue(name, rows, vectors, item_of, [keywords_of({ITEM_ID: row["id"], **row}) for row in rows])


def ask(catalogues: Sequence[Catalogue], encoder: Encoder, queries: Path) -> tuple[list[Case], Vectors]:
    """Every query put to every catalogue that it is labelled for, and the queries' vectors by case."""
    with queries.open(encoding="utf-8") as file:
        asked = [json.loads(line) for line in file]
    cases, vectors = [], []
    for catalogue in catalogues:
        mine = [query for query in asked if catalogue.name in query] + _titles(catalogue)
        for query, vector in zip(mine, encoder.encode_texts([q["text"] for q in mine]), strict=True):
            cases.append(_case(query, vector, catalogue))
            vectors.append(vector)
    if not cases:
        raise SystemExit(f"{queries} has no query for {', '.join(c.name for c in catalogues)}.")
    return cases, np.stack(vectors)


def _titles(catalogue: Catalogue) -> list[dict[str, Any]]:
    rows = catalogue.rows[:: max(1, len(catalogue.rows) // _TITLES)][:_TITLES]
    return [
        {"text": r["title"], "kind": "title", "split": "choose", catalogue.name: {"title": [r["title"]]}}
        for r in rows
    ]


def _case(query: dict[str, Any], vector: Vectors, catalogue: Catalogue) -> Case:
    wanted = query[catalogue.name]
    right = np.array([wanted is not None and fits(wanted, row) for row in catalogue.rows])
    if wanted is not None and not right.any():
        raise SystemExit(f"{catalogue.name} holds no answer to {query['text']!r}, labelled {wanted}.")
    cosines = catalogue.cosines(vector)
    nearest = np.argsort(-cosines)[:_FIRST]
    shares = shares_of_words(query["text"], catalogue.keywords)
    # Keyword search forgives no slips, so what it would find are the rows that hold whole words.
    exact = np.array([_whole(query["text"], keywords) for keywords in catalogue.keywords])
    by_keyword = [n for n in np.lexsort((-cosines, -exact))[:_FIRST] if exact[n] > 0]
    hits = np.array(list(dict.fromkeys([*nearest, *by_keyword])))
    return Case(
        query["text"], catalogue.name, query["split"], query["kind"], wanted is not None,
        cosines, hits, shares[hits], right[hits],
    )  # fmt: skip


def _whole(text: str, keywords: str) -> int:
    return len(_words(text) & _words(keywords))


def _words(text: str) -> set[str]:
    words = text.lower().replace(",", " ").replace("-", " ").split()
    return {word.removesuffix("'s").rstrip("s") for word in words if len(word) > 2}


def fits(wanted: dict[str, list[str]], row: Row) -> bool:
    """Whether a row has one of the values in each column; a title must hold one."""
    return all(
        any(
            value.lower() in row[column].lower() if column == "title" else value == row[column]
            for value in values
        )
        for column, values in wanted.items()
    )
