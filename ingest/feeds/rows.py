"""What a feed yields, and how the columns of a row become the fields of an item."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalog.errors import CatalogError, ItemInvalid
from catalog.items import Item, parse_item

# Columns are matched without regard to case. Every other column goes into `attributes` under its own name.
COLUMNS = {
    **{name: name for name in Item.model_fields if name != "attributes"},
    "image": "images",
    "color": "colour",
}
IMAGE_SEPARATOR = "|"


class FeedUnreadable(CatalogError):
    """The feed as a whole cannot be read: nothing of it was taken from here on."""

    code = "feed_unreadable"


@dataclass(frozen=True)
class Row:
    """`place` says where it stands: `products.csv line 12`. `fields` are as the feed has them."""

    place: str
    fields: Mapping[str, Any]

    def to_item(self) -> Item:
        """Raises ItemInvalid."""
        return parse_item(item_fields(self.fields))


@dataclass(frozen=True)
class Problem:
    """Something that could not be taken, and why. `code` is stable; `reason` is for the person."""

    place: str
    code: str
    reason: str

    @classmethod
    def of(cls, place: str, error: CatalogError) -> "Problem":
        return cls(place, error.code, str(error))

    def __str__(self) -> str:
        return f"{self.place}: {self.reason} [{self.code}]"


def item_fields(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of a row as the arguments of Item; empty cells are absent fields. Raises ItemInvalid."""
    fields: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    for column, value in columns.items():
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        name = COLUMNS.get(column.strip().lower())
        if name is not None:
            if name in fields:
                raise ItemInvalid(name, f"is given twice, the second time as the column {column!r}")
            fields[name] = value
        elif column.strip().lower() == "attributes":
            if not isinstance(value, Mapping):
                raise ItemInvalid("attributes", "should be an object")
            attributes.update(value)
        else:
            attributes[column.strip()] = value
    if "images" in fields:
        fields["images"] = _images(fields["images"])
    if isinstance(fields.get("id"), int) and not isinstance(fields["id"], bool):
        fields["id"] = str(fields["id"])  # JSON feeds often have numbers for ids
    return fields | ({"attributes": attributes} if attributes else {})


def _images(value: Any) -> Any:
    if isinstance(value, str):
        return [part.strip() for part in value.split(IMAGE_SEPARATOR) if part.strip()]
    return value
