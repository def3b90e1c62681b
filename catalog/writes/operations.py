"""The operations that a shop pushes, as strict models: of the API's bodies and of messages in the queue."""

import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    create_model,
    model_validator,
)

from catalog.items import MAX_IMAGES, AttributeValue, Item, ItemId, Name, Texts
from catalog.writes.versions import Version

_ADDRESS = r"^https?://[^\s/]\S*$"


def _is_address(source: str) -> str:
    # A server must not read the files of its own machine because a client names them.
    if not re.match(_ADDRESS, source):
        raise ValueError("Input should be an http or https address")
    return source


Address = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=2_000),
    AfterValidator(_is_address),
    Field(json_schema_extra={"pattern": _ADDRESS}),
]


class PushedItem(Item):
    """One product. `images`: http(s) addresses, the primary one first."""

    model_config = ConfigDict(strict=True)

    images: Annotated[list[Address], Field(min_length=1, max_length=MAX_IMAGES)]


class _Changes(Texts):
    """Fields of an item to set; null clears one. Attributes are merged by name, and null removes one."""

    model_config = ConfigDict(strict=True)

    @model_validator(mode="after")
    def _something(self) -> "_Changes":
        if not self.model_fields_set - {"version"}:
            raise ValueError("needs at least one field to change")
        return self


_FIELDS = {name: field for name, field in Item.model_fields.items() if name not in ("id", "images")}


def _optional(name: str) -> Any:
    field = _FIELDS[name]
    if name == "attributes":
        return (dict[Name, AttributeValue | None] | None, None)
    if field.is_required():  # may be left out, but not cleared
        hints = field.json_schema_extra
        return (field.rebuild_annotation(), Field(default_factory=lambda: None, json_schema_extra=hints))
    return (field.rebuild_annotation(), None)


_OPTIONAL: dict[str, Any] = {name: _optional(name) for name in _FIELDS}
_SOME = ConfigDict(json_schema_extra={"anyOf": [{"required": [name]} for name in _FIELDS]})

# Made of Item's own fields, so that a new field of items is one of pushed items, too.
ItemChanges: type[BaseModel] = create_model(
    "ItemChanges", __base__=_Changes, __doc__=_Changes.__doc__, **_OPTIONAL
)
ItemChanges.model_config.update(_SOME)


class Write(Texts):
    """Base of what is done to one item."""

    model_config = ConfigDict(strict=True)

    version: Version | None = None


class Put(Write):
    """Create the item, or replace all of it."""

    op: Literal["put"]
    item: PushedItem

    @property
    def item_id(self) -> str:
        return self.item.id


class Patch(Write):
    """Change some fields of an item that is there."""

    op: Literal["patch"]
    id: ItemId
    fields: ItemChanges

    @property
    def item_id(self) -> str:
        return self.id


class Delete(Write):
    """Delete the item, if it is there."""

    op: Literal["delete"]
    id: ItemId

    @property
    def item_id(self) -> str:
        return self.id


Operation = Annotated[Put | Patch | Delete, Field(discriminator="op")]
operation_adapter: TypeAdapter[Put | Patch | Delete] = TypeAdapter(Operation)
