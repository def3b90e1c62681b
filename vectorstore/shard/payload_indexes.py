"""Payload indexes: from the client's schema to the engine's, with graph links always on."""

from collections.abc import Iterator
from typing import Any

import qdrant_edge as edge
from qdrant_client.http import models

from vectorstore.errors import NotAnswered
from vectorstore.shard.engine import engine
from vectorstore.shard.shard import Operation, Shard

_PARAMS: dict[str, Any] = {
    "keyword": edge.KeywordIndexParams,
    "integer": edge.IntegerIndexParams,
    "float": edge.FloatIndexParams,
    "geo": edge.GeoIndexParams,
    "text": edge.TextIndexParams,
    "bool": edge.BoolIndexParams,
    "datetime": edge.DatetimeIndexParams,
    "uuid": edge.UuidIndexParams,
}


def edge_schema(schema: Any) -> Any:
    """The engine's index parameters. Raises NotAnswered for what would lose results or is not honoured."""
    if isinstance(schema, models.PayloadSchemaType):
        return _PARAMS[schema.value](enable_hnsw=True)
    if schema.enable_hnsw is False:
        raise NotAnswered(
            "`enable_hnsw: false` is not answered here: filtered searches would silently lose most results"
        )
    if schema.memory is not None:
        raise NotAnswered("`memory` of a payload index is not answered here: leave it out, or set `on_disk`")
    given = schema.model_dump(exclude_none=True, exclude={"type"}) | {"enable_hnsw": True}
    if isinstance(schema, models.TextIndexParams):
        given |= _text_settings(schema)
    return engine(_PARAMS[schema.type.value], **given)


def _text_settings(schema: models.TextIndexParams) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    if schema.stopwords is not None or schema.stemmer is not None:
        raise NotAnswered("`stopwords` and `stemmer` of a text index are not answered here: leave them out")
    if schema.tokenizer is not None:
        changed["tokenizer"] = getattr(edge.TokenizerType, schema.tokenizer.value.capitalize())
    if schema.scoring is not None:
        changed["scoring"] = bool(schema.scoring)
    return changed


def create_index(_: Shard, request: models.CreateFieldIndex) -> Iterator[Operation]:
    if request.field_schema is None:
        raise NotAnswered("The kind of a payload index is not guessed here: send `field_schema`")
    schema = edge_schema(request.field_schema)
    yield Operation(engine(edge.UpdateOperation.create_field_index, request.field_name, schema), 0)


def delete_index(_: Shard, field: str) -> Iterator[Operation]:
    yield Operation(engine(edge.UpdateOperation.delete_field_index, field), 0)
