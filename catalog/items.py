"""What an item is: the fields a shop may send, their limits, and the ids of its points."""

import hashlib
import re
import uuid
from collections.abc import Iterable
from functools import lru_cache
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from catalog.errors import ItemInvalid

MAX_ID_CHARS = 256
MAX_IMAGES = 16
MAX_ATTRIBUTES = 256
# Asked for several times while an item is ingested, some batches of items at once.
_REMEMBERED_IDS = 4_096

# A name space of our own, so that no other program's UUIDv5 can meet ours.
_POINT_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "point.vitrine")

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1_000)]
# What is left of blanks alone is too short.
NOT_BLANK = Field(json_schema_extra={"pattern": r"\S"})
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), NOT_BLANK]
ItemId = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_ID_CHARS), NOT_BLANK
]
Source = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
Scalar = str | int | float | bool
AttributeValue = Scalar | list[Scalar]


# Control characters but for tabs and ends of lines, and lone surrogates.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


class Texts(BaseModel):
    """Base of models whose texts are kept in the store."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="after")
    def _no_control_characters(self) -> Self:
        # The store keeps JSON text: a lone surrogate cannot be encoded, a NUL breaks many readers.
        # Once for all fields, and nearly always without the expression: a catalogue has millions of texts.
        text = "".join(_strings(self.__dict__.values()))
        if not text.isprintable() and _UNFIT.search(text):
            raise ValidationError.from_exception_data(type(self).__name__, self._unfit())
        return self

    def _unfit(self) -> list[InitErrorDetails]:
        """What to say of each field that holds such a character."""
        said = PydanticCustomError("value_error", "holds a control character or broken encoding")
        return [
            InitErrorDetails(type=said, loc=(name,), input=value)
            for name, value in self.__dict__.items()
            if _UNFIT.search("".join(_strings([value])))
        ]


class Item(Texts):
    """One product. `images`: paths (relative to the feed or absolute) or addresses, the primary one first."""

    id: ItemId
    title: Annotated[Text, Field(min_length=1), NOT_BLANK]
    category: Name
    images: Annotated[list[Source], Field(min_length=1, max_length=MAX_IMAGES)]
    description: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000)] | None = None
    brand: Name | None = None
    colour: Name | None = None
    gender: Name | None = None
    price: Annotated[float, Field(ge=0, le=1e9)] | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    in_stock: bool | None = None
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=2_000)] | None = None
    attributes: Annotated[dict[Name, AttributeValue], Field(max_length=MAX_ATTRIBUTES)] = Field(
        default_factory=dict
    )


def _strings(values: Iterable[Any]) -> list[str]:
    """All texts in them, names included."""
    found = []
    for value in values:
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict):
            found += [*value, *_strings(value.values())]
        elif isinstance(value, list):
            found += _strings(value)
    return found


def parse_item(fields: dict[str, Any]) -> Item:
    """Build an Item from loose values, texts of a CSV included; ItemInvalid names the first bad field."""
    try:
        return Item.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"] if not str(part).startswith(("str", "list[")))
        raise ItemInvalid(name or "item", first["msg"].removeprefix("Value error, ")) from error


@lru_cache(_REMEMBERED_IDS)
def point_id(item_id: str, position: int) -> str:
    """UUIDv5 of item id and image position: the same picture of the same item always has the same point.

    As `uuid.uuid5` makes it, in half the time: every picture of an unchanged feed is asked for its own.
    """
    named = _POINT_NAMESPACE.bytes + f"{position}:{item_id}".encode()
    digest = hashlib.sha1(named, usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digest[16], 16) & 3]
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"
