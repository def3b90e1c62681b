"""The examples of a query: vectors, or points whose vectors are looked up and left out of the answer."""

from collections.abc import Callable
from typing import Any, TypeAlias
from uuid import UUID

from qdrant_client.http import models

from vectorstore.collection import Collection
from vectorstore.engine import engine
from vectorstore.errors import BadRequest, NotFound
from vectorstore.vectors import VectorSchema

Lookup: TypeAlias = Callable[[str], Collection]
"""Finds a collection by name or alias."""


class Examples:
    """Turns the vector inputs of one query into the engine's, and remembers which points they named."""

    def __init__(
        self, collection: Collection, using: str | None, source: models.LookupLocation | None, lookup: Lookup
    ) -> None:
        self._schema: VectorSchema = collection.schema
        self.using = using
        self._collection = collection if source is None else lookup(source.collection)
        self._source_vector = using if source is None or source.vector is None else source.vector
        # Points of another collection may share an id with one of this by chance.
        self._excludes = self._collection is collection
        self.excluded: list[Any] = []

    @property
    def name(self) -> str:
        """The vector that is searched. Raises BadRequest if there is none of that name."""
        return self._schema.name(self.using)

    @property
    def is_sparse(self) -> bool:
        return self.name in self._schema.sparse

    def vector(self, given: Any) -> Any:
        """One vector input for the engine. Raises NotFound for an unknown point."""
        if isinstance(given, bool):
            raise BadRequest("Wrong input: a point id is a number or a UUID")
        if isinstance(given, int | str | UUID):
            return self._stored(given)
        return self._schema.query(self.name, given)

    def _stored(self, identifier: int | str | UUID) -> Any:
        name = self._collection.schema.name(self._source_vector)
        found = engine(self._collection.shard.retrieve, [identifier], False, [name])
        if not found:
            raise NotFound(f"Not found: No point with id {identifier} found")
        vectors = found[0].vector or {}
        vector = vectors.get(name) if isinstance(vectors, dict) else vectors
        if vector is None:
            raise BadRequest(f"Wrong input: the point {identifier} has no vector `{name}`")
        if isinstance(vector, list) and len(vector) != self._schema.dense[self.name].size:
            raise BadRequest(f"Wrong input: the vector of {identifier} has {len(vector)} dimensions")
        if self._excludes:
            self.excluded.append(found[0].id)
        return vector
