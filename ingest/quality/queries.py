"""Reads the labelled queries of an evaluation: the format in docs/quality.md, one query a line."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Discriminator, Field, StringConstraints, Tag, ValidationError, model_validator

from catalog.errors import CatalogError
from catalog.items import ItemId, Name
from catalog.items import Source as Place
from ingest.feeds.jsonl_feed import read_jsonl
from ingest.feeds.rows import Problem, Row
from ingest.feeds.source import Source
from ingest.quality.wishes import Bounds, Strict, Wishes

MAX_TEXT_CHARS = 512  # as the API has it


class QueryInvalid(CatalogError):
    """A line of the queries cannot be asked, or nothing can be right for it."""

    code = "query_invalid"


def _shape(sent: Any) -> str | None:
    return "ids" if isinstance(sent, list) else "has" if isinstance(sent, dict | Wishes) else None


Relevant = Annotated[
    Annotated[Annotated[list[ItemId], Field(min_length=1)], Tag("ids")] | Annotated[Wishes, Tag("has")],
    Discriminator(
        _shape,
        custom_error_type="shape",
        custom_error_message='Input should be a list of ids, or an object such as {"category": "dresses"}',
    ),
]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT_CHARS)]


class Query(Strict):
    """What is looked for, by text or by picture, and what is right: ids, or what every right item has.

    `without`: items that are left out of the answer, such as the one that the picture is taken from.
    `category`: under which the query is counted, if that should be another than the right items'.
    """

    text: Text | None = None
    image: Place | None = None
    relevant: Relevant
    without: list[ItemId] = Field(default_factory=list)
    category: Name | None = None

    @model_validator(mode="after")
    def _one_query(self) -> "Query":
        if (self.text is None) == (self.image is None):
            raise ValueError("text, image: one of the two should be given")
        return self


def read_queries(source: Source) -> Iterator[tuple[str, Query] | Problem]:
    """Each query with the place where it stands; a line that is none is a Problem, and the next one follows.

    Raises what reading the file raises.
    """
    for row in read_jsonl(source):
        yield row if isinstance(row, Problem) else _read(row)


def _read(row: Row) -> tuple[str, Query] | Problem:
    try:
        return row.place, Query.model_validate(row.fields)
    except ValidationError as error:
        return Problem(row.place, QueryInvalid.code, _words(error.errors()[0]))


def _words(error: Any) -> str:
    """Without the names that only say which form of a field was tried."""
    tried = {"ids", "has", "value", "list", "bounds"}
    path = [str(part) for n, part in enumerate(error["loc"]) if n == 0 or part not in tried]
    if error["type"] == "extra_forbidden":
        known = Query.model_fields if len(path) == 1 else Bounds.model_fields
        return f"{'.'.join(path)}: unknown field; known here: {', '.join(known)}"
    words = error["msg"].removeprefix("Value error, ")
    return f"{'.'.join(path)}: {words}" if path else words
