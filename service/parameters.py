"""The same requests written as parameters of an address: all values are texts, lists are repeats."""

from typing import Any, Self

from pydantic import Field
from werkzeug.datastructures import MultiDict

from catalog.items import ItemId
from service.schemas import (
    DEFAULT_LIMIT,
    Fields,
    Filter,
    Limit,
    QueryPart,
    QueryText,
    Range,
    SearchRequest,
    Values,
)
from service.validation import validated

# Every other parameter may be repeated.
_GIVEN_ONCE = {"in_stock", "price_gte", "price_lte", "limit"}


class FilterParameters(Fields):
    """A repeated parameter means any of its values."""

    category: Values | None = None
    brand: Values | None = None
    colour: Values | None = None
    gender: Values | None = None
    in_stock: bool | None = None
    price_gte: float | None = None
    price_lte: float | None = None
    limit: Limit = DEFAULT_LIMIT

    @classmethod
    def from_address(cls, arguments: "MultiDict[str, str]") -> Self:
        """Raises FieldsInvalid that names the parameter."""
        return validated(cls, {name: _value(name, values) for name, values in arguments.lists()})

    def to_request(self) -> SearchRequest:
        return SearchRequest(query=self.query_parts(), filter=self._filter(), limit=self.limit)

    def query_parts(self) -> list[QueryPart]:
        return []

    def _filter(self) -> Filter:
        fields: dict[str, Any] = self.model_dump(
            include={"category", "brand", "colour", "gender", "in_stock"}
        )
        bounded = self.price_gte is not None or self.price_lte is not None
        price = Range(gte=self.price_gte, lte=self.price_lte) if bounded else None
        return Filter(**fields, price=price)


class SearchParameters(FilterParameters):
    text: list[QueryText] = Field([], max_length=8)
    item_id: list[ItemId] = Field([], max_length=8)

    def query_parts(self) -> list[QueryPart]:
        texts = [QueryPart(text=text) for text in self.text]
        return texts + [QueryPart(item_id=item_id) for item_id in self.item_id]


def _value(name: str, values: list[str]) -> str | list[str]:
    return values[0] if name in _GIVEN_ONCE and len(values) == 1 else values
