"""What the service answers, as typed models, and how a stored payload becomes one."""

from collections.abc import Mapping
from typing import Any, Literal

from flask import Response, g, url_for
from pydantic import BaseModel, ConfigDict

from catalog.items import AttributeValue
from catalog.points import IMAGES, ITEM_ID, POSITION, UPDATED_AT


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Image(Answer):
    """A picture of an item; `position` counts from 0 in the order of the feed."""

    position: int
    url: str


class Product(Answer):
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


class ItemAnswer(Product):
    images: list[Image]
    updated_at: str


class Why(Answer):
    """What speaks for an item: the cosine of the query and its picture, and the words of it that it holds.

    `vector` is null where nothing was looked for but words, and where items were liked or disliked.
    """

    vector: float | None
    keywords: list[str]


class Found(Product):
    """`score` is what the items are ranked by; null where nothing was asked for.

    By pictures alone it is the cosine of query and picture, -1 to 1; by words alone BM25; by both a share of
    the best of each, at most 1, that compares within one answer only. `duplicates`: the ids of the items that
    were folded into this one.
    """

    score: float | None
    matched_image: Image | None
    why: Why | None
    duplicates: list[str] = []


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


class StatsAnswer(Answer):
    """`updated_at`: of the newest item; null for an empty index. `attributes`: those to filter by."""

    items: int
    pictures: int
    attributes: list[str]
    updated_at: str | None
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


class Problem(Answer):
    """RFC 9457, application/problem+json. `code` is stable; `errors` is there for faults of fields only."""

    type: str
    title: str
    status: int
    detail: str | None
    code: str
    request_id: str
    errors: list[FieldError] | None = None


def json_response(answer: Answer, status: int = 200, content_type: str = "application/json") -> Response:
    body = answer.model_dump_json(exclude_none=isinstance(answer, Problem | Health))
    return Response(body, status, content_type=content_type)


# What follows is built without validation: our own payloads were validated when they were ingested, and a
# page of products would spend more time on it than on the search.


def item_answer(payload: Mapping[str, Any]) -> ItemAnswer:
    images = _images(payload, _thumbnails())
    product = _product(payload, images)
    return ItemAnswer.model_construct(**product, images=images, updated_at=payload[UPDATED_AT])


def found(payload: Mapping[str, Any], score: float | None, why: Why | None, duplicates: list[str]) -> Found:
    images = _images(payload, _thumbnails())
    matched = next((image for image in images if image.position == payload[POSITION]), None)
    return Found.model_construct(
        **_product(payload, images), score=score, matched_image=matched, why=why, duplicates=duplicates
    )


def _product(payload: Mapping[str, Any], images: list[Image]) -> dict[str, Any]:
    own = {name: payload.get(name) for name in Product.model_fields}
    primary = images[0].url if images else None
    return {**own, "id": payload[ITEM_ID], "image": primary, "attributes": own["attributes"] or {}}


def _images(payload: Mapping[str, Any], thumbnails: str) -> list[Image]:
    return [
        Image.model_construct(
            position=image["position"], url=_image_url(image["source"], image["sha256"], thumbnails)
        )
        for image in payload[IMAGES]
    ]


def _image_url(source: str, sha256: str, thumbnails: str) -> str:
    # A local path means nothing to a client, and tells how our disk is laid out.
    return source if source.lower().startswith(("http://", "https://")) else thumbnails + sha256


def _thumbnails() -> str:
    """The address of a thumbnail less its name: asked of Flask once a request, not once a picture."""
    if "thumbnails" not in g:
        example = "0" * 64
        g.thumbnails = url_for("thumbnails.thumbnail", sha256=example).removesuffix(example)
    return str(g.thumbnails)
