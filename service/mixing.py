"""What a query means: its parts as one vector, and the words in it."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from catalog.encoder import Encoder, Vectors
from catalog.errors import ImageError
from catalog.images import ImageLimits, decode_image
from catalog.index import ItemIndex
from catalog.wanted import Wanted, Words, wanted_in
from service.errors import FieldFailed, QueryCancelsOut
from service.schemas import QueryPart, SearchRequest, Upload
from service.stages import Stages

# Below this share of the weights' sum the mix is rounding noise of float32 vectors, not a direction.
_CANCELLED = 1e-5


class Mixer:
    """Turns queries into what the index looks for."""

    def __init__(self, encoder: Encoder, index: ItemIndex, limits: ImageLimits) -> None:
        self._encoder = encoder
        self._index = index
        self._limits = limits

    def wanted(self, request: SearchRequest, seen: Sequence[Vectors], stages: Stages) -> Wanted:
        """`seen`: unit vectors of pictures that were embedded before; each has the weight 1.

        Raises FieldFailed, QueryCancelsOut, ItemNotFound and what Encoder and ItemIndex raise.
        """
        parts = request.query
        whole = sum(abs(part.weight) for part in parts) + len(seen)
        words = tuple(Words(part.text, part.weight / whole) for part in parts if part.text is not None)
        return wanted_in(request.mode or "hybrid", words, lambda: self._mix(parts, seen, stages))

    def embedded(self, picture: bytes, stages: Stages) -> Vectors:
        """An uploaded picture as a unit vector, float32 `(dimension,)`. Raises FieldFailed."""
        return self._mix([Upload(image=picture)], (), stages)

    def _mix(self, parts: Sequence[QueryPart], seen: Sequence[Vectors], stages: Stages) -> Vectors:
        # Pictures first: a damaged one is refused before anything is embedded.
        pictures = {
            n: self._decoded(part, n, stages) for n, part in enumerate(parts) if part.image is not None
        }
        texts = {n: part.text for n, part in enumerate(parts) if part.text is not None}
        vectors: dict[int, Vectors] = {}
        for n, part in enumerate(parts):
            if part.item_id is not None:
                with stages.timed("search"):
                    vectors[n] = self._index.item_vector(part.item_id)
        if pictures:
            with stages.timed("encode"):
                rows = self._encoder.encode_images(list(pictures.values()))
            vectors.update(zip(pictures, rows, strict=True))
        if texts:
            with stages.timed("encode"):
                rows = self._encoder.encode_texts(list(texts.values()))
            vectors.update(zip(texts, rows, strict=True))
        weights = [part.weight for part in parts] + [1.0] * len(seen)
        return mixed([*(vectors[n] for n in range(len(parts))), *seen], weights)

    def _decoded(self, part: QueryPart, position: int, stages: Stages) -> Image.Image:
        try:
            with stages.timed("decode"):
                return decode_image(part.image or b"", self._limits, self._encoder.useful_side_px)
        except ImageError as error:
            raise FieldFailed(part.image_field(position), error) from error


def mixed(vectors: Sequence[Vectors], weights: Sequence[float]) -> Vectors:
    """The sum of weight times unit vector, brought back to unit length. Raises QueryCancelsOut."""
    shares = np.asarray(weights, dtype=np.float64)
    shares /= np.abs(shares).sum()  # the scale has no meaning, and tiny weights would underflow
    total = shares @ np.stack(vectors)
    length = float(np.linalg.norm(total))
    if length < _CANCELLED:
        raise QueryCancelsOut("The parts of the query cancel each other out: nothing is left to look for.")
    return np.asarray(total / length, dtype=np.float32)
