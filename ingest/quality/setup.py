"""A way to search that is evaluated: a model, a collection that it built, and a mode."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from catalog.encoder import Encoder, Vectors
from catalog.filters import Filter
from catalog.images import ImageLimits, decode_image
from catalog.index import ItemIndex
from catalog.schema import EXACT_PARAMS, SEARCH_PARAMS
from catalog.wanted import Mode, Ranked, Wanted, Words, wanted_in
from ingest.quality.asked import Asked
from ingest.quality.wishes import without

# Scores as far apart as float32 arithmetic may bring equal ones.
_ROUNDING = 1e-5
_PICTURES_AT_ONCE = 64

# What a query looks for, and what may not be found.
Understood = tuple[Wanted, Filter]


@dataclass(frozen=True)
class Setup:
    """`name`: as a comparison calls it."""

    name: str
    encoder: Encoder
    index: ItemIndex
    mode: Mode
    limits: ImageLimits

    def understood(self, asked: Sequence[Asked]) -> list[Understood]:
        """The queries embedded, in their order. Raises EncoderUnavailable."""
        if self.mode == "keyword":
            vectors = np.empty((len(asked), 0), np.float32)
        else:
            vectors = self._vectors(asked)
        return [
            (wanted_in(self.mode, _words(one), partial(np.asarray, vector)), without(one.query.without))
            for one, vector in zip(asked, vectors, strict=True)
        ]

    def answers(self, queries: Sequence[Understood], depth: int) -> list[list[str]]:
        """The best `depth` items of each query, as the web service would find them in this mode."""
        return [
            [entry.item_id for entry in self.index.rank(wanted, filter_, depth)[:depth]]
            for wanted, filter_ in queries
        ]

    def engine_recall(self, queries: Sequence[Understood], depth: int) -> list[float]:
        """For each query, how much of the exact best `depth` the engine finds.

        What scores as high as the last of the exact ones counts as found: among equals any is right.
        """
        recalls = []
        for wanted, filter_ in queries:
            found = self.index.rank(wanted, filter_, depth, SEARCH_PARAMS)[:depth]
            exact = self.index.rank(wanted, filter_, depth, EXACT_PARAMS)[:depth]
            recalls.append(share_found(found, exact))
        return recalls

    def _vectors(self, asked: Sequence[Asked]) -> Vectors:
        vectors = np.empty((len(asked), self.encoder.dimension), np.float32)
        texts = {n: one.query.text for n, one in enumerate(asked) if one.query.text is not None}
        if texts:
            vectors[list(texts)] = self.encoder.encode_texts(list(texts.values()))
        pictures = {n: one.picture for n, one in enumerate(asked) if one.picture is not None}
        places = list(pictures)
        for start in range(0, len(places), _PICTURES_AT_ONCE):
            part = places[start : start + _PICTURES_AT_ONCE]
            side_px = self.encoder.useful_side_px
            decoded = [decode_image(pictures[n](), self.limits, side_px) for n in part]
            vectors[part] = self.encoder.encode_images(decoded)
        return vectors


def _words(asked: Asked) -> tuple[Words, ...]:
    return (Words(asked.query.text),) if asked.query.text is not None else ()


def share_found(found: Sequence[Ranked], exact: Sequence[Ranked]) -> float:
    """Of the exact answer's items, how many the engine has; one that scores as high will do as well."""
    if not exact:
        return 1.0
    least = exact[-1].score - _ROUNDING
    return min(1.0, sum(entry.score >= least for entry in found) / len(exact))
