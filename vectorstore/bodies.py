"""Request bodies: parsed with the client's own models, refused as a Qdrant server refuses them."""

from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from vectorstore.errors import BadRequest, BadValue, NotAnswered


@lru_cache(maxsize=64)
def adapter(model: Any) -> TypeAdapter[Any]:
    """Validates `model`; made once."""
    return TypeAdapter(model)


def parse(model: Any, body: bytes) -> Any:
    """The body as `model`. Raises BadRequest if it is not JSON or not of that shape."""
    try:
        return adapter(model).validate_json(body)
    except ValidationError as error:
        raise BadRequest(f"Format error in JSON body: {_summary(error)}") from error


def _summary(error: ValidationError) -> str:
    # A union reports every variant that did not fit: the longest path is the one that was meant.
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    deepest = max(problems, key=lambda problem: len(problem["loc"]))
    place = ".".join(str(part) for part in deepest["loc"])
    return f"{place}: {deepest['msg']}" if place else deepest["msg"]


def at_least_one(field: str, value: int | None, default: int) -> int:
    """A count with its default. Raises BadValue below 1."""
    if value is None:
        return default
    if value < 1:
        raise BadValue(f"Validation error in JSON body: [{field}: value {value} is below 1]")
    return value


def refuse_shard_key(request: Any) -> None:
    if request.shard_key is not None:
        raise NotAnswered("`shard_key` is not answered here: filter by a payload field instead")
