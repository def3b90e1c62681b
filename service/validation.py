"""Runs the models of a request and says what is wrong with it, field by field."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from service.answers import FieldError
from service.errors import FieldsInvalid

Model = TypeVar("Model", bound=BaseModel)


def validated(model: type[Model], sent: object) -> Model:
    """Build `model` from decoded JSON. Raises FieldsInvalid."""
    with validating():
        return model.model_validate(sent)


@contextmanager
def validating() -> Iterator[None]:
    """Raises FieldsInvalid for what pydantic raises."""
    try:
        yield
    except ValidationError as error:
        # `input` could be a picture of megabytes, `url` is pydantic's own site.
        found = error.errors(include_url=False, include_input=False)
        raise FieldsInvalid([each for fault in found for each in _field_errors(fault)]) from error


def _field_errors(fault: Mapping[str, Any]) -> Iterator[FieldError]:
    # "<...>" tells which form of a value was tried (service/schemas.py), which is no part of its path.
    path = [str(part) for part in fault["loc"] if not str(part).startswith("<")]
    # pydantic's own words for a model name our class, which means nothing to a client.
    message = "Input should be an object" if fault["type"] == "model_type" else str(fault["msg"])
    message = message.removeprefix("Value error, ")
    for name in fault.get("ctx", {}).get("unknown", [None]):
        yield FieldError(
            field=".".join([*path, name] if name is not None else path) or "body", message=message
        )
