"""What the service answers, as typed models; service/products.py builds the products among them.

Answers are validated models. What stands in one some dozen times is made of our own stored data and is a
dataclass, which pydantic documents and writes alike, and which takes a fifth of the time to make.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from flask import Response
from pydantic import BaseModel, ConfigDict, TypeAdapter

from catalog.items import AttributeValue


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


@dataclass(slots=True)
class Image:
    """A picture of an item; `position` counts from 0 in the order of the feed."""

    position: int
    url: str


@dataclass(slots=True, kw_only=True)
class Product:
    """What every answer says of an item. A field that the shop did not send is null."""

    id: str
    title: str
    category: str
    price: float | None
    currency: str | None
    brand: str | None
    colour: str | None
    gender: str | None
    in_stock: bool | None
    description: str | None
    url: str | None
    image: str | None
    attributes: dict[str, AttributeValue]


@dataclass(slots=True, kw_only=True)
class ItemAnswer(Product):
    images: list[Image]
    updated_at: str


@dataclass(slots=True)
class Why:
    """What speaks for an item: the cosine of the query and its picture, and the words of it that it holds.

    `vector` is null where nothing was looked for but words, and where items were liked or disliked.
    """

    vector: float | None
    keywords: list[str]


@dataclass(slots=True, kw_only=True)
class Found(Product):
    """`score` is what the items are ranked by; null where nothing was asked for.

    By pictures alone it is the cosine of query and picture, -1 to 1; by words alone BM25; by both a share of
    the best of each, at most 1, that compares within one answer only. `duplicates`: the ids of the items that
    were folded into this one.
    """

    score: float | None
    matched_image: Image | None
    why: Why | None
    duplicates: list[str] = field(default_factory=list)


class FacetValue(Answer):
    value: str | bool
    count: int


class PriceBucket(Answer):
    """How many items cost at least `gte` and less than `lt`."""

    gte: float
    lt: float
    count: int


class PriceFacet(Answer):
    """`min` and `max` are null where no item has a price."""

    min: float | None
    max: float | None
    histogram: list[PriceBucket]


Facets = dict[str, list[FacetValue] | PriceFacet]


class Took(Answer):
    """Milliseconds by stage. `total` is the whole request up to the writing of the answer."""

    decode: float
    encode: float
    search: float
    total: float


class SearchAnswer(Answer):
    """`total`: how many items there are on all pages. `confident`: whether the query means something that
    this catalogue has; null where that cannot be told. `next_cursor`: null on the last page."""

    items: list[Found]
    total: int
    total_is: Literal["exact", "at_least"]
    facets: Facets
    confident: bool | None
    next_cursor: str | None
    model: str
    index_version: str
    took_ms: Took
    request_id: str


class BatchAnswer(Answer):
    """One entry per search, in their order: its answer, or the problem with it."""

    answers: "list[SearchAnswer | Problem]"
    took_ms: Took
    request_id: str


class FacetsAnswer(Answer):
    total: int
    facets: Facets
    index_version: str
    request_id: str


class WriteStats(Answer):
    """Pushed operations that wait, when the oldest of them was accepted, and those that failed for good."""

    queued: int
    oldest_queued_at: str | None
    dead_letters: int


class StatsAnswer(Answer):
    """`updated_at`: of the newest item; null for an empty index. `attributes`: those to filter by.

    `writes`: null while what keeps them does not answer."""

    items: int
    pictures: int
    attributes: list[str]
    updated_at: str | None
    writes: WriteStats | None
    model: str
    index_version: str
    request_id: str


class Health(Answer):
    status: Literal["alive", "ready"]
    model: str | None = None
    index_version: str | None = None


class FieldError(Answer):
    """`field`: dotted path from the body's root, or the name of a parameter."""

    field: str
    message: str

    def below(self, place: str) -> "FieldError":
        """The same of a part of a body."""
        return FieldError(
            field=place if self.field == "body" else f"{place}.{self.field}", message=self.message
        )


class Problem(Answer):
    """RFC 9457, application/problem+json. `code` is stable; `errors` is there for faults of fields only."""

    type: str
    title: str
    status: int
    detail: str | None
    code: str
    request_id: str
    errors: list[FieldError] | None = None


def json_response(
    answer: Answer | ItemAnswer, status: int = 200, content_type: str = "application/json"
) -> Response:
    adapter = _adapter(type(answer))  # type: ignore[arg-type]  # every class is hashable
    body = adapter.dump_json(answer, exclude_none=isinstance(answer, Problem | Health))
    return Response(body, status, content_type=content_type)


@cache
def _adapter(model: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(model)
