"""What a client may send to search, as strict typed models: a JSON "5" is not a number."""

import base64
import binascii
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from catalog.filters import AnyOf, Between
from catalog.filters import Filter as CatalogFilter
from catalog.items import ItemId
from service.schema_hints import NOT_BLANK, NOT_ZERO, SEARCHES, given

MAX_QUERY_PARTS = 16
MAX_TEXT_CHARS = 512
MAX_FILTER_VALUES = 100
DEFAULT_LIMIT = 24
MAX_LIMIT = 100


class Fields(BaseModel):
    """Base of every model of a request: unknown fields and numbers that are not finite are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _only_known_fields(cls, sent: Any) -> Any:
        # Before `extra` would say so, since its message cannot list the known ones.
        if isinstance(sent, dict):
            known = [field.alias or name for name, field in cls.model_fields.items()]
            unknown = sorted(str(name) for name in sent if name not in known)
            if unknown:
                raise PydanticCustomError(
                    "unknown_field",
                    "unknown field; known here: {known}",
                    {"known": ", ".join(known), "unknown": unknown},
                )
        return sent


class StrictFields(Fields):
    """A part of a JSON body, where every value has its own type already."""

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
Value = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Values = Annotated[list[Value], Field(min_length=1, max_length=MAX_FILTER_VALUES)]
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT), BeforeValidator(_whole)]


class QueryPart(StrictFields):
    """One thing to look for: exactly one of text, item_id, image. A negative weight looks away from it."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [given("text"), given("item_id"), given("image")]})

    text: QueryText | None = None
    item_id: ItemId | None = None
    image: ImageBytes | None = None
    weight: Weight = 1.0

    @model_validator(mode="after")
    def _exactly_one(self) -> "QueryPart":
        if [self.text, self.item_id, self.image].count(None) != 2:
            raise ValueError("needs exactly one of text, item_id, image")
        return self

    def image_field(self, position: int) -> str:
        """What an error calls the picture of the part at `position` of the query."""
        return f"query.{position}.image"


class Upload(QueryPart):
    """A picture that came as a file of a form."""

    def image_field(self, position: int) -> str:
        return "image"


class NoneOf(StrictFields):
    none_of: Annotated[
        Annotated[Value, Tag("<text>")] | Annotated[Values, Tag("<list>")],
        Discriminator(lambda sent: _shape_of(sent, ("<text>", "<list>")),
            custom_error_type="shape", custom_error_message="Input should be a text or a list of texts"),
    ] = Field(alias="not")  # fmt: skip


def _shape_of(sent: Any, shapes: tuple[str, ...] = ("<text>", "<list>", "<not>")) -> str | None:
    """Which form of a filter was sent; decided by its type, so that an error speaks of that form alone."""
    types: dict[type, str] = {str: "<text>", list: "<list>", dict: "<not>", NoneOf: "<not>"}
    shape = types.get(type(sent))
    return shape if shape in shapes else None


Choice = Annotated[
    Annotated[Value, Tag("<text>")] | Annotated[Values, Tag("<list>")] | Annotated[NoneOf, Tag("<not>")],
    Discriminator(_shape_of, custom_error_type="shape",
        custom_error_message='Input should be a text, a list of texts or {"not": ...}'),
]  # fmt: skip


class Range(StrictFields):
    """Bounds of a number. An item without the field lies within none."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [given(bound, "number") for bound in ("gte", "lte", "gt", "lt")]}
    )

    gte: float | None = None
    lte: float | None = None
    gt: float | None = None
    lt: float | None = None

    @model_validator(mode="after")
    def _some_bound(self) -> "Range":
        if self == Range.model_construct():
            raise ValueError("needs at least one of gte, lte, gt, lt")
        return self


class Filter(StrictFields):
    """Every condition must hold. A list of values means any of them; {"not": ...} none of them."""

    category: Choice | None = None
    brand: Choice | None = None
    colour: Choice | None = None
    gender: Choice | None = None
    price: Range | None = None
    in_stock: bool | None = None

    def to_catalog(self) -> CatalogFilter:
        conditions: dict[str, AnyOf | Between] = {}
        for name in ("category", "brand", "colour", "gender"):
            choice = getattr(self, name)
            if choice is not None:
                conditions[name] = _any_of(choice)
        if self.price is not None:
            conditions["price"] = Between(**self.price.model_dump())
        if self.in_stock is not None:
            conditions["in_stock"] = AnyOf((self.in_stock,))
        return conditions


class SearchRequest(StrictFields):
    """What to look for, among which items. Without a query: all that pass the filter, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": SEARCHES})

    query: Annotated[list[QueryPart], Field(max_length=MAX_QUERY_PARTS)] = []
    filter: Filter = Filter()
    limit: Limit = DEFAULT_LIMIT
    include_query_items: bool = False


def _any_of(choice: str | list[str] | NoneOf) -> AnyOf:
    values = choice.none_of if isinstance(choice, NoneOf) else choice
    return AnyOf(tuple([values] if isinstance(values, str) else values), negated=isinstance(choice, NoneOf))
