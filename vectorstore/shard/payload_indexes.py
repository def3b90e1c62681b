"""Payload indexes: from the client's schema to the engine's, with graph links always on."""

from typing import Any

import qdrant_edge as edge
from pydantic import TypeAdapter
from qdrant_client.http import models

from vectorstore.engine import engine
from vectorstore.errors import NotAnswered

SCHEMA: TypeAdapter[Any] = TypeAdapter(models.PayloadFieldSchema)

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


def kind_of(schema: Any) -> str:
    """`keyword`, `integer`, ..."""
    return str(schema.value if isinstance(schema, models.PayloadSchemaType) else schema.type.value)


def edge_schema(schema: Any) -> Any:
    """The engine's index parameters. Raises NotAnswered for what would lose results or is not honoured."""
    if isinstance(schema, models.PayloadSchemaType):
        return _PARAMS[schema.value](enable_hnsw=None)
    if schema.enable_hnsw is False:
        raise NotAnswered(
            "`enable_hnsw: false` is not answered here: filtered searches would silently lose most results"
        )
    if schema.memory is not None:
        raise NotAnswered("`memory` of a payload index is not answered here: leave it out, or set `on_disk`")
    given = schema.model_dump(exclude_none=True, exclude={"type"})
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
