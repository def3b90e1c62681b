"""The examples of a query: vectors, or points whose vectors are looked up and left out of the answer."""

from typing import Any
from uuid import UUID

from qdrant_client.http import models

from vectorstore.errors import BadRequest, NotAnswered, NotFound
from vectorstore.shard.engine import engine
from vectorstore.shard.shard import Shard


class Examples:
    """Turns the vector inputs of one query into the engine's, and remembers which points they named."""

    def __init__(self, shard: Shard, using: str | None, source: models.LookupLocation | None) -> None:
        if source is not None:
            raise NotAnswered("`lookup_from` is not answered here: retrieve the vectors and send them")
        self.using = using
        self.excluded: list[Any] = []
        self._shard = shard
        self._schema = shard.schema

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
        found = engine(self._shard.edge_shard.retrieve, [identifier], False, [self.name])
        if not found:
            raise NotFound(f"Not found: No point with id {identifier} found")
        vectors = found[0].vector or {}
        vector = vectors.get(self.name) if isinstance(vectors, dict) else vectors
        if vector is None:
            raise BadRequest(f"Wrong input: the point {identifier} has no vector `{self.name}`")
        self.excluded.append(found[0].id)
        return vector
