"""What a client may send to search, as strict typed models."""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    WrapValidator,
    model_validator,
)

from catalog.attributes import ATTRIBUTES
from catalog.filters import attribute_name
from catalog.items import ItemId
from service.fields import (
    DEFAULT_LIMIT,
    MAX_FACETS,
    Cursor,
    ImageBytes,
    Limit,
    QueryText,
    Share,
    StrictFields,
    Weight,
)
from service.filters import Filter
from service.schema_hints import ATTRIBUTE, RECOMMENDATIONS, SEARCHES, given, some_of

MAX_QUERY_PARTS = 16
MAX_SEARCHES = 32
MAX_LIKES = 100

FACETS = ("category", "brand", "colour", "gender", "in_stock", "price")


def _countable(field: str) -> str:
    if field not in FACETS and not attribute_name(field):
        raise ValueError(f"unknown facet; known here: {', '.join(FACETS)}, {ATTRIBUTES}.<name>")
    return field


# As long as the name of an attribute may be, with what stands before it.
_MAX_FIELD_CHARS = 200 + len(f"{ATTRIBUTES}.")
_COUNTABLE = {"anyOf": [{"enum": list(FACETS)}, ATTRIBUTE]}
FacetField = Annotated[
    str,
    StringConstraints(min_length=1, max_length=_MAX_FIELD_CHARS),
    AfterValidator(_countable),
    WithJsonSchema({"type": "string", **_COUNTABLE, "maxLength": _MAX_FIELD_CHARS}),
]
FacetFields = Annotated[list[FacetField], Field(max_length=MAX_FACETS)]


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


class Listing(StrictFields):
    """What every kind of search takes: among which items, how many of them, and how they are laid out."""

    filter: Filter = Filter()
    limit: Limit = DEFAULT_LIMIT
    cursor: Cursor | None = None
    facets: FacetFields = Field([], description="Fields to count the found items by.")
    diversity: Share = Field(0.0, description="0: by score alone. Towards 1: each item unlike those before.")
    fold_duplicates: bool = Field(False, description="Show items with nearly the same picture as one.")


class SearchRequest(Listing):
    """What to look for, among which items. Without a query: all that pass the filter, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": SEARCHES})

    query: Annotated[list[QueryPart], Field(max_length=MAX_QUERY_PARTS)] = []
    mode: Literal["vector", "keyword", "hybrid"] | None = Field(
        None, description="By pictures, by words or by both; both is the default where there is a text."
    )
    include_query_items: bool = False
    min_score: float | None = Field(None, description="Leave out items of a lower `score`.")
    confident_only: bool = Field(False, description="Leave out what this query probably does not mean.")

    @model_validator(mode="after")
    def _words_to_look_for(self) -> "SearchRequest":
        if self.mode == "keyword" and not any(part.text and part.weight > 0 for part in self.query):
            raise ValueError("mode keyword needs a text of positive weight in query")
        if self.mode == "keyword" and self.confident_only:
            raise ValueError("confident_only goes with the modes vector and hybrid")
        return self


class RecommendRequest(Listing):
    """Items near to what a customer liked, and far from what they did not."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [some_of("liked"), some_of("disliked")], "examples": RECOMMENDATIONS}
    )

    liked: Annotated[list[ItemId], Field(max_length=MAX_LIKES)] = []
    disliked: Annotated[list[ItemId], Field(max_length=MAX_LIKES)] = []

    @model_validator(mode="after")
    def _something(self) -> "RecommendRequest":
        if not self.liked and not self.disliked:
            raise ValueError("needs at least one item in liked or disliked")
        return self


class BatchRequest(StrictFields):
    """Several searches in one call. Each is validated by itself, so that a bad one spoils no other."""

    searches: Annotated[
        list[Annotated[SearchRequest | Any, WrapValidator(lambda sent, _: sent)]],
        Field(min_length=1, max_length=MAX_SEARCHES),
    ]
