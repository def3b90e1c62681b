"""What the API's document says of the models of a request that pydantic cannot read off them by itself."""

from typing import Any

NOT_ZERO: dict[str, Any] = {"anyOf": [{"exclusiveMinimum": 0}, {"exclusiveMaximum": 0}]}
NOT_BLANK: dict[str, Any] = {"pattern": r"\S"}

MOMENT: dict[str, Any] = {"anyOf": [{"format": "date"}, {"format": "date-time"}]}
# Formats of our own: what they are cannot be said in a schema.
CURSOR: dict[str, Any] = {"format": "cursor"}
ATTRIBUTE: dict[str, Any] = {"format": "attribute", "pattern": r"^attributes\..+"}

SEARCHES: list[Any] = [
    {
        "query": [{"text": "red floral dress"}],
        "filter": {"price": {"lte": 80}, "in_stock": True},
        "limit": 24,
    },
    {"query": [{"item_id": "A17"}, {"text": "blue", "weight": 0.7}], "filter": {"brand": {"not": "Acme"}}},
]


RECOMMENDATIONS: list[Any] = [{"liked": ["A17", "A18"], "disliked": ["B3"], "filter": {"in_stock": True}}]


ITEMS: list[Any] = [
    {
        "title": "Wrap dress, red",
        "category": "dresses",
        "price": 49.9,
        "currency": "EUR",
        "in_stock": True,
        "images": ["https://cdn.shop.example/A17-front.jpg", "https://cdn.shop.example/A17-back.jpg"],
        "attributes": {"sleeve": "long"},
        "version": "2026-03-01T09:30:00Z",
    }
]
CHANGES: list[Any] = [{"price": 39.9, "in_stock": False}, {"attributes": {"season": "summer", "sale": None}}]
WRITES: list[Any] = [
    {
        "operations": [
            {"op": "put", "item": {"id": "A17", **ITEMS[0]}},
            {"op": "patch", "id": "A18", "fields": CHANGES[0], "version": 7},
            {"op": "delete", "id": "A19"},
        ]
    }
]
WRITES[0]["operations"][0]["item"].pop("version")


def given(name: str, type_: str = "string") -> dict[str, Any]:
    """A JSON schema: the field is there, and is not null."""
    return {"required": [name], "properties": {name: {"type": type_}}}


def some_of(name: str) -> dict[str, Any]:
    """A JSON schema: the list is there, and not empty."""
    return {"required": [name], "properties": {name: {"minItems": 1}}}
