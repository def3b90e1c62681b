"""The same requests written as parameters of an address: all values are texts, lists are repeats."""

from typing import Any, ClassVar, Literal, Self

from pydantic import ConfigDict, Field
from werkzeug.datastructures import MultiDict

from catalog.attributes import ATTRIBUTES
from catalog.items import ItemId
from service.fields import DEFAULT_LIMIT, MAX_FACETS, Cursor, Fields, Limit, QueryText, Share, Values
from service.filters import Filter, Moment
from service.schemas import FacetField, SearchRequest
from service.validation import validated

_CHOICES = ("category", "brand", "colour", "gender")
_BOUNDS = ("price", "updated_at")
_ONCE = {"in_stock", "limit", "cursor", "diversity", "fold_duplicates", "min_score", "mode", "confident_only"}
_ONCE |= {f"{field}_{bound}" for field in _BOUNDS for bound in ("gte", "lte")}
_ONCE |= {"picture", "nearest"}  # of the search page: service/page/address.py
# These need not be repeated. An attribute with a comma in its name is counted by a body only.
_COMMAS = {"facets", "fields"}


class FilterParameters(Fields):
    """A repeated parameter means any of its values; with `_not` none of them."""

    model_config = ConfigDict(extra="allow")
    open_prefix: ClassVar[str] = f"{ATTRIBUTES}."
    __pydantic_extra__: dict[str, Values]

    category: Values | None = None
    category_not: Values | None = None
    brand: Values | None = None
    brand_not: Values | None = None
    colour: Values | None = None
    colour_not: Values | None = None
    gender: Values | None = None
    gender_not: Values | None = None
    in_stock: bool | None = None
    price_gte: float | None = None
    price_lte: float | None = None
    updated_at_gte: Moment | None = None
    updated_at_lte: Moment | None = None

    @classmethod
    def from_address(cls, arguments: "MultiDict[str, str]") -> Self:
        """Raises FieldsInvalid that names the parameter."""
        return validated(cls, {name: _value(name, values) for name, values in arguments.lists()})

    def to_filter(self) -> Filter:
        if self.model_fields_set.isdisjoint(FilterParameters.model_fields) and not self.__pydantic_extra__:
            return Filter()
        fields: dict[str, Any] = {"in_stock": self.in_stock, **(self.__pydantic_extra__ or {})}
        for name in _CHOICES:
            asked, ruled_out = getattr(self, name), getattr(self, f"{name}_not")
            fields[name] = {"not": ruled_out} if asked is None and ruled_out is not None else asked
        for name in _BOUNDS:
            bounds = {bound: getattr(self, f"{name}_{bound}") for bound in ("gte", "lte")}
            fields[name] = bounds if any(value is not None for value in bounds.values()) else None
        return Filter.model_validate(fields).model_copy(update=self._both())

    def _both(self) -> dict[str, list[str]]:
        """What is left of the values asked for, where some are ruled out, too: perhaps none."""
        pairs = {name: (getattr(self, name), getattr(self, f"{name}_not")) for name in _CHOICES}
        return {
            name: [value for value in asked if value not in ruled_out]
            for name, (asked, ruled_out) in pairs.items()
            if asked is not None and ruled_out is not None
        }


class FacetParameters(FilterParameters):
    fields: list[FacetField] = Field(min_length=1, max_length=MAX_FACETS)


class ListingParameters(FilterParameters):
    """Of a search that has its query from elsewhere."""

    limit: Limit = DEFAULT_LIMIT
    cursor: Cursor | None = None
    facets: list[FacetField] = Field([], max_length=MAX_FACETS)
    diversity: Share = 0.0
    fold_duplicates: bool = False
    min_score: float | None = None
    confident_only: bool = False

    def to_request(self) -> SearchRequest:
        return SearchRequest(filter=self.to_filter(), **self._beside_filter())

    def _beside_filter(self) -> dict[str, Any]:
        """What was sent; the rest has the same defaults in a request."""
        beside = type(self).model_fields.keys() - FilterParameters.model_fields.keys()
        return {name: getattr(self, name) for name in beside & self.model_fields_set}


class SearchParameters(ListingParameters):
    text: list[QueryText] = Field([], max_length=8)
    item_id: list[ItemId] = Field([], max_length=8)
    mode: Literal["vector", "keyword", "hybrid"] | None = None

    def to_request(self) -> SearchRequest:
        """Raises FieldsInvalid if `mode` does not go with the rest."""
        rest = self._beside_filter()
        texts, item_ids = rest.pop("text", []), rest.pop("item_id", [])
        query = [{"text": text} for text in texts] + [{"item_id": item_id} for item_id in item_ids]
        return validated(SearchRequest, {"query": query, "filter": self.to_filter(), **rest})


def _value(name: str, values: list[str]) -> str | list[str]:
    if name in _COMMAS:
        return [part for value in values for part in value.split(",")]
    return values[0] if name in _ONCE and len(values) == 1 else values
