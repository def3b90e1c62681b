"""What every right item of a query has: the API's filter, as far as an evaluation needs it."""

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from catalog.attributes import term_of
from catalog.filters import AnyOf, Between, Condition, Filter
from catalog.points import ITEM_ID

Scalar = str | bool | int | float


class Strict(BaseModel):
    """A part of a line: no unknown fields, and a JSON "5" is not a number."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Bounds(Strict):
    """Of a number, both included."""

    gte: float | None = None
    lte: float | None = None

    @model_validator(mode="after")
    def _some_bound(self) -> "Bounds":
        if self.gte is None and self.lte is None:
            raise ValueError("needs at least one of gte, lte")
        return self


def _shape(sent: Any) -> str:
    return "bounds" if isinstance(sent, dict | Bounds) else "list" if isinstance(sent, list) else "value"


Texts = Annotated[
    Annotated[str, Tag("value")] | Annotated[Annotated[list[str], Field(min_length=1)], Tag("list")],
    Discriminator(_shape, custom_error_type="shape", custom_error_message="Input should be a text or texts"),
]
Wish = Annotated[
    Annotated[Scalar, Tag("value")]
    | Annotated[Annotated[list[Scalar], Field(min_length=1)], Tag("list")]
    | Annotated[Bounds, Tag("bounds")],
    Discriminator(_shape),
]


class Wishes(Strict):
    """All of them must hold. A list means any of its values."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Wish]
    known: ClassVar = ("category", "brand", "colour", "gender", "price", "in_stock", "attributes.<name>")

    category: Texts | None = None
    brand: Texts | None = None
    colour: Texts | None = None
    gender: Texts | None = None
    price: Bounds | None = None
    in_stock: bool | None = None

    @model_validator(mode="after")
    def _some_wish(self) -> "Wishes":
        for name in self.__pydantic_extra__:
            if not name.startswith("attributes."):
                raise ValueError(f"{name}: unknown field; known here: {', '.join(self.known)}")
        if not self.model_dump(exclude_none=True):
            raise ValueError("names no field: every item would be right")
        return self

    def filter(self) -> Filter:
        named = {name: getattr(self, name) for name in Wishes.model_fields}
        wishes = {**named, **self.__pydantic_extra__}
        return {name: _condition(wish) for name, wish in wishes.items() if wish is not None}


def ids(wanted: list[str]) -> Filter:
    return {ITEM_ID: AnyOf(tuple(wanted))}


def without(unwanted: list[str]) -> Filter:
    return {ITEM_ID: AnyOf(tuple(unwanted), negated=True)} if unwanted else {}


def _condition(wish: Bounds | Scalar | list[Scalar]) -> Condition:
    if isinstance(wish, Bounds):
        return Between(gte=wish.gte, lte=wish.lte)
    if isinstance(wish, bool):
        return AnyOf((wish,))
    return AnyOf(tuple(term_of(value) for value in (wish if isinstance(wish, list) else [wish])))
