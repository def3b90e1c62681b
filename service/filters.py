"""Filters as a client writes them, and as the catalog takes them."""

from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from catalog.attributes import ATTRIBUTES, moment_of, term_of
from catalog.filters import AnyOf, Between, Condition, Within
from catalog.filters import Filter as CatalogFilter
from catalog.points import ITEM_ID, UPDATED_AT
from service.fields import MAX_FILTER_VALUES, StrictFields, Value, Values
from service.schema_hints import present

_CHOICES = ("category", "brand", "colour", "gender", "id")
_TYPES: dict[type, str] = {str: "<text>", bool: "<value>", int: "<value>", float: "<value>", list: "<list>"}


def _shape(*shapes: str, scalar: str = "<text>") -> Any:
    """Tells which form of a filter was sent, by its type, so that an error speaks of that form alone."""

    def of(sent: Any) -> str | None:
        if isinstance(sent, NoneOf | NoScalarOf):
            found: str | None = "<not>"
        elif isinstance(sent, dict):
            found = "<range>" if "<range>" in shapes and "not" not in sent else "<not>"
        elif isinstance(sent, AttributeRange):
            found = "<range>"
        else:
            found = _TYPES.get(type(sent))
        found = scalar if found in ("<text>", "<value>") and scalar == "<value>" else found
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


Moment = Annotated[str, Field(max_length=40), AfterValidator(_is_date)]


_SOME_BOUND: dict[str, Any] = {"anyOf": [present(bound) for bound in ("gte", "lte", "gt", "lt")]}


class _Bounds(StrictFields):
    model_config = ConfigDict(json_schema_extra=_SOME_BOUND)

    @model_validator(mode="after")
    def _some_bound(self) -> "_Bounds":
        if not self.model_dump(exclude_none=True):
            raise ValueError("needs at least one of gte, lte, gt, lt")
        return self


class Range(_Bounds):
    """Bounds of a number. An item without the field lies within none."""

    gte: float | None = None
    lte: float | None = None
    gt: float | None = None
    lt: float | None = None


class DateRange(_Bounds):
    """Bounds of a time, in ISO 8601; one without a time zone is taken as UTC."""

    gte: Moment | None = None
    lte: Moment | None = None
    gt: Moment | None = None
    lt: Moment | None = None


def _kind_of_bound(sent: Any) -> str | None:
    is_number = isinstance(sent, int | float) and not isinstance(sent, bool)
    return "<number>" if is_number else "<date>" if isinstance(sent, str) else None


Bound = Annotated[
    Annotated[float, Tag("<number>")] | Annotated[Moment, Tag("<date>")],
    Discriminator(_kind_of_bound,
        custom_error_type="shape", custom_error_message="Input should be a number or a date"),
]  # fmt: skip


class AttributeRange(_Bounds):
    """Bounds of an attribute: all of them numbers, or all of them dates."""

    gte: Bound | None = None
    lte: Bound | None = None
    gt: Bound | None = None
    lt: Bound | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "AttributeRange":
        if len({isinstance(bound, str) for bound in self.model_dump(exclude_none=True).values()}) > 1:
            raise ValueError("its bounds are all numbers or all dates")
        return self


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
    | Annotated[NoScalarOf, Tag("<not>")] | Annotated[AttributeRange, Tag("<range>")],
    Discriminator(_shape("<value>", "<list>", "<not>", "<range>", scalar="<value>"),
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
    if isinstance(choice, AttributeRange):
        bounds = choice.model_dump(exclude_none=True)
        is_time = any(isinstance(bound, str) for bound in bounds.values())
        return _within(choice) if is_time else Between(**bounds)
    given = _any_of(choice)
    return AnyOf(tuple(term_of(value) for value in given.values), given.negated)


def _within(bounds: DateRange | AttributeRange) -> Within:
    times: dict[str, datetime | None] = {
        name: moment_of(text) for name, text in bounds.model_dump(exclude_none=True).items()
    }
    return Within(**times)
