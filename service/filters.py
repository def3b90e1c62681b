"""Filters as a client writes them, and as the catalog takes them."""

from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from catalog.attributes import ATTRIBUTES, moment_of, term_of
from catalog.filters import AnyOf, Between, Condition, Within
from catalog.filters import Filter as CatalogFilter
from catalog.points import ITEM_ID, UPDATED_AT
from service.fields import MAX_FILTER_VALUES, StrictFields, Value, Values
from service.schema_hints import MOMENT, given

_CHOICES = ("category", "brand", "colour", "gender", "id")


# By name, since these are defined further down in terms of this.
_SHAPES = {
    "list": "<list>",
    "NoneOf": "<not>",
    "NoScalarOf": "<not>",
    "Range": "<range>",
    "DateRange": "<dates>",
}


def _shape_of_object(sent: dict[str, Any]) -> str:
    if "not" in sent:
        return "<not>"
    return "<dates>" if any(isinstance(bound, str) for bound in sent.values()) else "<range>"


def _shape(*shapes: str, scalar: str = "<text>") -> Any:
    """Tells which form of a filter was sent, by its type, so that an error speaks of that form alone."""

    def of(sent: Any) -> str | None:
        if isinstance(sent, dict):
            found: str | None = _shape_of_object(sent) if "<range>" in shapes else "<not>"
        elif isinstance(sent, str | bool | int | float):
            found = scalar if scalar == "<value>" or isinstance(sent, str) else None
        else:
            found = _SHAPES.get(type(sent).__name__)
        return found if found in shapes else None

    return of


class NoneOf(StrictFields):
    none_of: Annotated[
        Annotated[Value, Tag("<text>")] | Annotated[Values, Tag("<list>")],
        Discriminator(_shape("<text>", "<list>"),
            custom_error_type="shape", custom_error_message="Input should be a text or a list of texts"),
    ] = Field(alias="not")  # fmt: skip


Choice = Annotated[
    Annotated[Value, Tag("<text>")] | Annotated[Values, Tag("<list>")] | Annotated[NoneOf, Tag("<not>")],
    Discriminator(_shape("<text>", "<list>", "<not>"), custom_error_type="shape",
        custom_error_message='Input should be a text, a list of texts or {"not": ...}'),
]  # fmt: skip


def _is_date(text: str) -> str:
    if moment_of(text) is None:
        raise ValueError("Input should be a date or time in ISO 8601, such as 2026-03-31")
    return text


Moment = Annotated[str, Field(max_length=40, json_schema_extra=MOMENT), AfterValidator(_is_date)]


class _Bounds(StrictFields):
    @model_validator(mode="after")
    def _some_bound(self) -> "_Bounds":
        if not self.model_dump(exclude_none=True):
            raise ValueError("needs at least one of gte, lte, gt, lt")
        return self


def _some(type_: str) -> ConfigDict:
    return ConfigDict(
        json_schema_extra={"anyOf": [given(name, type_) for name in ("gte", "lte", "gt", "lt")]}
    )


class Range(_Bounds):
    """Bounds of a number. An item without the field lies within none."""

    model_config = _some("number")

    gte: float | None = None
    lte: float | None = None
    gt: float | None = None
    lt: float | None = None


class DateRange(_Bounds):
    """Bounds of a time, in ISO 8601; one without a time zone is taken as UTC."""

    model_config = _some("string")

    gte: Moment | None = None
    lte: Moment | None = None
    gt: Moment | None = None
    lt: Moment | None = None


AttributeScalar = Value | bool | int | float
AttributeScalars = Annotated[list[AttributeScalar], Field(min_length=1, max_length=MAX_FILTER_VALUES)]


class NoScalarOf(StrictFields):
    none_of: Annotated[
        Annotated[AttributeScalar, Tag("<value>")] | Annotated[AttributeScalars, Tag("<list>")],
        Discriminator(_shape("<value>", "<list>", scalar="<value>"),
            custom_error_type="shape", custom_error_message="Input should be a value or a list of values"),
    ] = Field(alias="not")  # fmt: skip


AttributeChoice = Annotated[
    Annotated[AttributeScalar, Tag("<value>")] | Annotated[AttributeScalars, Tag("<list>")]
    | Annotated[NoScalarOf, Tag("<not>")]
    | Annotated[Range, Tag("<range>")] | Annotated[DateRange, Tag("<dates>")],
    Discriminator(_shape("<value>", "<list>", "<not>", "<range>", "<dates>", scalar="<value>"),
        custom_error_type="shape",
        custom_error_message='Input should be a value, a list of values, {"not": ...} or bounds'),
]  # fmt: skip


def _as_patterns(schema: dict[str, Any]) -> None:
    attribute = schema.pop("additionalProperties")
    schema["patternProperties"] = {rf"^{ATTRIBUTES}\..+": attribute}
    schema["additionalProperties"] = False


class Filter(StrictFields):
    """Every condition must hold. A list of values means any of them; {"not": ...} none of them.

    `attributes.<name>` takes the same, and bounds where the attribute holds numbers or dates.
    """

    model_config = ConfigDict(extra="allow", json_schema_extra=_as_patterns)
    open_prefix: ClassVar[str] = f"{ATTRIBUTES}."
    __pydantic_extra__: dict[str, AttributeChoice]

    category: Choice | None = None
    brand: Choice | None = None
    colour: Choice | None = None
    gender: Choice | None = None
    price: Range | None = None
    in_stock: bool | None = None
    updated_at: DateRange | None = None
    id: Choice | None = None

    def to_catalog(self) -> CatalogFilter:
        conditions: dict[str, Condition] = {}
        for name in _CHOICES:
            if (choice := getattr(self, name)) is not None:
                conditions[ITEM_ID if name == "id" else name] = _any_of(choice)
        if self.price is not None:
            conditions["price"] = Between(**self.price.model_dump())
        if self.in_stock is not None:
            conditions["in_stock"] = AnyOf((self.in_stock,))
        if self.updated_at is not None:
            conditions[UPDATED_AT] = _within(self.updated_at)
        for name, attribute in self.__pydantic_extra__.items():
            conditions[name] = _of_attribute(attribute)
        return conditions


def _any_of(choice: Any) -> AnyOf:
    negated = isinstance(choice, NoneOf | NoScalarOf)
    values = choice.none_of if negated else choice
    return AnyOf(tuple(values if isinstance(values, list) else [values]), negated)


def _of_attribute(choice: Any) -> Condition:
    if isinstance(choice, DateRange):
        return _within(choice)
    if isinstance(choice, Range):
        return Between(**choice.model_dump())
    chosen = _any_of(choice)
    return AnyOf(tuple(term_of(value) for value in chosen.values), chosen.negated)


def _within(bounds: DateRange) -> Within:
    times: dict[str, datetime | None] = {
        name: moment_of(text) for name, text in bounds.model_dump(exclude_none=True).items()
    }
    return Within(**times)
