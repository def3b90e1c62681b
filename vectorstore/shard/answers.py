"""What the engine found, as JSON."""

from typing import Any
from uuid import UUID

import qdrant_edge as edge
from qdrant_client.http import models

from vectorstore.shard.vectors import answered


def point_id(identifier: int | UUID | str) -> int | str:
    return identifier if isinstance(identifier, int) else str(identifier)


def record(found: Any, has_payload: bool, has_vector: bool) -> dict[str, Any]:
    """A Record, or a ScoredPoint without its score and version."""
    answer: dict[str, Any] = {"id": found.id}  # orjson writes a UUID, and faster than str() does
    if has_payload:
        answer["payload"] = found.payload or {}
    if has_vector:
        answer["vector"] = answered(found.vector or {})
    if found.order_value is not None:
        answer["order_value"] = found.order_value
    return answer


def scored(found: Any) -> dict[str, Any]:
    """A ScoredPoint without payload and vector. A search makes some hundred: each attribute is read once."""
    answer = {"version": found.version, "score": found.score, "id": found.id}
    order_value = found.order_value
    if order_value is not None:
        answer["order_value"] = order_value
    return answer


def with_payload_of(given: models.WithPayloadInterface | None, default: bool) -> tuple[Any, bool]:
    """What to ask of the engine, and whether an answer carries a payload at all."""
    match given:
        case None:
            return default, default
        case bool():
            return given, given
        case list():
            return edge.PayloadSelector.Include(given), True
        case models.PayloadSelectorInclude():
            return edge.PayloadSelector.Include(given.include), True
        case models.PayloadSelectorExclude():
            return edge.PayloadSelector.Exclude(given.exclude), True


def with_vector_of(given: models.WithVector | None) -> tuple[bool | list[str], bool]:
    return (given or False), bool(given)
