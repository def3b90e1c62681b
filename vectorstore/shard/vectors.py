"""Vectors: checked against the shard, and turned into what the engine takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import qdrant_edge as edge
from qdrant_client.http import models

from vectorstore.collection_settings import UNNAMED
from vectorstore.errors import BadRequest, NotAnswered
from vectorstore.shard import keywords


@dataclass(frozen=True)
class VectorSchema:
    """Which vectors a collection has: dense ones by name, and the names of sparse ones."""

    dense: Mapping[str, models.VectorParams]
    sparse: frozenset[str]

    def name(self, using: str | None) -> str:
        """The vector that a query means. Raises BadRequest if the collection has none of that name."""
        name = using or UNNAMED
        if name in self.dense or name in self.sparse:
            return name
        raise BadRequest(f"Wrong input: Not existing vector name error: {name}")

    def stored(self, given: Any) -> dict[str, Any]:
        """The vectors of one point for the engine; the numbers of dense ones are not checked yet."""
        named = given if isinstance(given, dict) else {UNNAMED: given}
        return {self.name(name): self._stored(name, vector) for name, vector in named.items()}

    def _stored(self, name: str, vector: Any) -> Any:
        if name in self.dense:
            return self._dense(name, vector)
        if isinstance(vector, models.SparseVector):
            return _sparse(vector)
        return keywords.embed_document(_text_for(name, vector))

    def query(self, name: str, vector: Any) -> Any:
        """A vector to search with, checked, for the engine."""
        if name in self.dense:
            checked = self._dense(name, vector)
            self.check_numbers([{name: checked}])
            return checked
        if isinstance(vector, models.SparseVector):
            return _sparse(vector)
        return keywords.embed_query(_text_for(name, vector))

    def _dense(self, name: str, vector: Any) -> list[float]:
        if isinstance(vector, models.Document | models.Image | models.InferenceObject):
            raise NotAnswered(f"The dense vector `{name}` is not computed here: send the vector itself")
        if not isinstance(vector, list) or (vector and isinstance(vector[0], list)):
            raise BadRequest(f"Wrong input: the vector `{name}` must be a list of numbers")
        expected = self.dense[name].size
        if len(vector) != expected:
            raise BadRequest(
                f"Wrong input: Vector dimension error: expected dim: {expected}, got {len(vector)}"
            )
        return vector

    def check_numbers(self, points: Sequence[Mapping[str, Any]]) -> None:
        """Refuse numbers that the engine would store and never find again: NaN, infinity, zero length."""
        for name, params in self.dense.items():
            rows = [point[name] for point in points if name in point]
            if not rows:
                continue
            with np.errstate(over="ignore"):
                matrix = np.asarray(rows, dtype=np.float32)
                lengths = np.einsum("ij,ij->i", matrix, matrix)
            if not np.isfinite(matrix).all():
                raise BadRequest(f"Wrong input: the vector `{name}` holds a number that is not finite")
            if params.distance == models.Distance.COSINE and not _usable(lengths):
                raise BadRequest(f"Wrong input: the vector `{name}` has length 0 or infinity")


def _usable(squared_lengths: np.ndarray[Any, Any]) -> bool:
    return bool((squared_lengths > 0).all() and np.isfinite(squared_lengths).all())


def _text_for(name: str, vector: Any) -> models.Document:
    if isinstance(vector, list):
        raise BadRequest(f"Wrong input: the vector `{name}` is sparse: send indices and values, or a text")
    return keywords.require_text(vector)


def _sparse(vector: models.SparseVector) -> edge.SparseVector:
    if len(vector.indices) != len(vector.values):
        raise BadRequest("Wrong input: a sparse vector needs as many values as indices")
    if len(set(vector.indices)) != len(vector.indices):
        raise BadRequest("Wrong input: the indices of a sparse vector must differ")
    if not np.isfinite(np.asarray(vector.values, dtype=np.float32)).all():
        raise BadRequest("Wrong input: a sparse vector holds a number that is not finite")
    return edge.SparseVector(vector.indices, vector.values)


def answered(vector: Any) -> Any:
    """The engine's vectors of one point as JSON."""
    if isinstance(vector, dict):
        named = {name: _plain(value) for name, value in vector.items()}
        return named[UNNAMED] if named.keys() == {UNNAMED} else named
    return _plain(vector)


def _plain(vector: Any) -> Any:
    if isinstance(vector, edge.SparseVector):
        return {"indices": vector.indices, "values": vector.values}
    return vector
