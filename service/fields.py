"""The base of every model of a request, and the small types that they share."""

import base64
import binascii
from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from catalog.items import MAX_ID_CHARS
from service.schema_hints import CURSOR, NOT_BLANK, NOT_ZERO

MAX_TEXT_CHARS = 512
MAX_FILTER_VALUES = 100
DEFAULT_LIMIT = 24
MAX_LIMIT = 100
MAX_FACETS = 20
MAX_CURSOR_CHARS = 8_000


class Fields(BaseModel):
    """Unknown fields and numbers that are not finite are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    # The names that a model takes beside its fields: those with this prefix.
    open_prefix: ClassVar[str] = ""

    @model_validator(mode="before")
    @classmethod
    def _only_known_fields(cls, sent: Any) -> Any:
        # Before `extra` would say so, since its message cannot list the known ones.
        if isinstance(sent, dict) and not sent.keys() <= _names_of(cls).keys():
            known = list(_names_of(cls))
            unknown = sorted(str(name) for name in sent if name not in known and not cls._is_open(str(name)))
            if unknown:
                listed = known + ([f"{cls.open_prefix}<name>"] if cls.open_prefix else [])
                raise PydanticCustomError(
                    "unknown_field",
                    "unknown field; known here: {known}",
                    {"known": ", ".join(listed), "unknown": unknown},
                )
        return sent

    @classmethod
    def _is_open(cls, name: str) -> bool:
        prefix = cls.open_prefix
        return bool(prefix) and name.startswith(prefix) and len(name) > len(prefix)


@cache
def _names_of(model: type[Fields]) -> dict[str, None]:
    """Its fields as they are sent, in their order."""
    return dict.fromkeys(field.alias or name for name, field in model.model_fields.items())


class StrictFields(Fields):
    """A part of a JSON body, where every value has its own type already: a JSON "5" is not a number."""

    model_config = ConfigDict(strict=True)


def _from_base64(sent: Any) -> bytes:
    if isinstance(sent, bytes):  # an upload, which needs no coding
        return sent
    if not isinstance(sent, str):
        raise ValueError("Input should be a picture's bytes in base64")
    try:
        return base64.b64decode("".join(sent.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("Input is not valid base64") from error


def _not_zero(weight: float) -> float:
    if weight == 0:
        raise ValueError("A part of weight 0 has no effect: leave it out")
    return weight


def _whole(sent: Any) -> Any:
    """JSON has one kind of number, so that 24.0 is 24; 24.5 stays what it is, and is refused."""
    return int(sent) if isinstance(sent, float) and sent.is_integer() else sent


QueryText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT_CHARS),
    Field(json_schema_extra=NOT_BLANK),
]
ImageBytes = Annotated[
    bytes,
    BeforeValidator(_from_base64),
    WithJsonSchema({"type": "string", "contentEncoding": "base64", "format": "base64-image"}),
]
Weight = Annotated[float, Field(ge=-100, le=100, json_schema_extra=NOT_ZERO), AfterValidator(_not_zero)]
# An id is the longest text that a filter may name.
Value = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID_CHARS)]
Values = Annotated[list[Value], Field(min_length=1, max_length=MAX_FILTER_VALUES)]
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT), BeforeValidator(_whole)]
Cursor = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_CURSOR_CHARS),
    Field(json_schema_extra=CURSOR, description="`next_cursor` of the page before, for the next one."),
]
Share = Annotated[float, Field(ge=0, le=1)]
