"""What a feed yields: rows that become items, and problems in their place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from catalog.errors import CatalogError, ItemInvalid
from catalog.items import Item, parse_item
from catalog.writes.versions import version_of
from ingest.feeds.columns import VERSION, Fields, Shape, item_fields, with_values_read


class FeedUnreadable(CatalogError):
    """The feed as a whole cannot be read: nothing of it was taken from here on."""

    code = "feed_unreadable"


class NotForSale(CatalogError):
    """A row that says of itself that customers should not see it: a draft, or one that is not published."""

    code = "not_for_sale"


@dataclass(frozen=True)
class Row:
    """`place` says where it stands: `products.csv line 12`. `fields` are as the feed has them."""

    place: str
    fields: Fields
    shape: Shape = item_fields
    kind: str = "jsonl"

    def to_item(self) -> Item:
        """Raises ItemInvalid, and NotForSale."""
        return self.read()[0]

    def read(self) -> tuple[Item, int | None]:
        """The item, and the version that --map names, as `version_of` has it. Raises as `to_item`."""
        fields = with_values_read(self.shape(self.fields))
        given = fields.pop(VERSION, None)
        item = parse_item(fields)
        try:
            return item, None if given is None else version_of(
                given.strip() if isinstance(given, str) else given
            )
        except ValueError as error:
            raise ItemInvalid(VERSION, str(error)) from error

    def item_id(self) -> str | None:
        """Whose row it is, even if it is no item; None where that cannot be told."""
        try:
            identifier = self.shape(self.fields).get("id")
        except CatalogError:
            return None  # another column than the one that --map names would be a guess
        return str(identifier).strip() or None if isinstance(identifier, str | int) else None

    @property
    def raw(self) -> dict[str, Any]:
        """The row as a rejects file keeps it."""
        return {"kind": self.kind, "row": dict(self.fields)}


@dataclass(frozen=True)
class Problem:
    """Something that could not be taken, and why. `code` is stable; `reason` is for the person.

    `raw`: what stood there, as a rejects file keeps it. `item_id`: whose row or picture it was, if that can
    be told. `may_pass`: another try may succeed, at the earliest `retry_after_s` from now.
    """

    place: str
    code: str
    reason: str
    raw: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)
    item_id: str | None = field(default=None, compare=False, repr=False)
    may_pass: bool = field(default=False, compare=False, repr=False)
    retry_after_s: float = field(default=0.0, compare=False, repr=False)

    @classmethod
    def of(cls, place: str, error: CatalogError, row: Row | None = None) -> "Problem":
        if row is None:
            return cls(place, error.code, str(error))
        return cls(place, error.code, str(error), row.raw, row.item_id())

    def __str__(self) -> str:
        return f"{self.place}: {self.reason} [{self.code}]"
