"""From a validated request to an answer: decode, embed, mix, search."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from flask import Flask, current_app, g
from PIL import Image

from catalog.encoder import Encoder, Vectors
from catalog.errors import ImageError
from catalog.filters import AnyOf
from catalog.images import ImageLimits, decode_image
from catalog.index import Hit, ItemIndex
from catalog.points import ITEM_ID
from service.answers import SearchAnswer, Took, found
from service.errors import FieldFailed, QueryCancelsOut
from service.schemas import QueryPart, SearchRequest

# Below this share of the weights' sum the mix is rounding noise of float32 vectors, not a direction.
_CANCELLED = 1e-5


class Stages:
    """Seconds spent by stage since the request began at `started` (of time.perf_counter)."""

    def __init__(self, started: float) -> None:
        self._started = started
        self.seconds = {"decode": 0.0, "encode": 0.0, "search": 0.0}

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] += time.perf_counter() - began

    def took(self) -> Took:
        milliseconds = {stage: round(1000 * seconds, 2) for stage, seconds in self.seconds.items()}
        return Took(**milliseconds, total=round(1000 * (time.perf_counter() - self._started), 2))


class Searcher:
    """Answers searches with one encoder over one index."""

    def __init__(self, encoder: Encoder, index: ItemIndex, limits: ImageLimits) -> None:
        self.encoder = encoder
        self.index = index
        self._limits = limits

    def answer(self, request: SearchRequest) -> SearchAnswer:
        """Raises FieldFailed, QueryCancelsOut, ItemNotFound and what Encoder and ItemIndex raise."""
        stages = g.stages = Stages(g.started)  # service/metrics.py reads them, of a failed search too
        vector = self._mix(request.query, stages) if request.query else None
        with stages.timed("search"):
            hits, total = self._hits(request, vector)
            version = self.index.version()
        return SearchAnswer(
            items=[found(hit) for hit in hits],
            total=total,
            total_is="exact",
            model=self.encoder.name,
            index_version=version,
            took_ms=stages.took(),
            request_id=g.request_id,
        )

    def _hits(self, request: SearchRequest, vector: Vectors | None) -> tuple[list[Hit], int]:
        conditions = dict(request.filter.to_catalog())
        named = tuple(part.item_id for part in request.query if part.item_id is not None)
        if named and not request.include_query_items:
            conditions[ITEM_ID] = AnyOf(named, negated=True)
        if vector is None:
            hits = self.index.browse(conditions, request.limit)
        else:
            hits = self.index.search(vector, conditions, request.limit, _words(request.query))
        return hits, self.index.count(conditions)

    def _mix(self, parts: Sequence[QueryPart], stages: Stages) -> Vectors:
        with stages.timed("decode"):  # first: a damaged picture is refused before anything is embedded
            pictures = {n: self._decoded(part, n) for n, part in enumerate(parts) if part.image is not None}
        texts = {n: part.text for n, part in enumerate(parts) if part.text is not None}
        vectors: dict[int, Vectors] = {}
        with stages.timed("search"):
            for n, part in enumerate(parts):
                if part.item_id is not None:
                    vectors[n] = self.index.item_vector(part.item_id)
        with stages.timed("encode"):
            vectors.update(zip(pictures, self.encoder.encode_images(list(pictures.values())), strict=True))
            vectors.update(zip(texts, self.encoder.encode_texts(list(texts.values())), strict=True))
        return mixed([vectors[n] for n in range(len(parts))], [part.weight for part in parts])

    def _decoded(self, part: QueryPart, position: int) -> Image.Image:
        try:
            return decode_image(part.image or b"", self._limits, self.encoder.useful_side_px)
        except ImageError as error:
            raise FieldFailed(part.image_field(position), error) from error


def _words(parts: Sequence[QueryPart]) -> str:
    """What keyword search looks for beside the pictures: a query that is one text, and nothing else.

    Keywords know neither weights nor pictures, so in a mix they would speak louder than their part.
    """
    alone = parts[0] if len(parts) == 1 else None
    return alone.text or "" if alone is not None and alone.weight > 0 else ""


def mixed(vectors: Sequence[Vectors], weights: Sequence[float]) -> Vectors:
    """The sum of weight times unit vector, brought back to unit length. Raises QueryCancelsOut."""
    shares = np.asarray(weights, dtype=np.float64)
    shares /= np.abs(shares).sum()  # the scale has no meaning, and tiny weights would underflow
    total = shares @ np.stack(vectors)
    length = float(np.linalg.norm(total))
    if length < _CANCELLED:
        raise QueryCancelsOut("The parts of the query cancel each other out: nothing is left to look for.")
    return np.asarray(total / length, dtype=np.float32)


def install(app: Flask, searcher: Searcher) -> None:
    app.extensions["searcher"] = searcher


def current_searcher() -> Searcher:
    searcher: Searcher = current_app.extensions["searcher"]
    return searcher
