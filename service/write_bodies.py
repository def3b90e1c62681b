"""What a client may send to write items, as strict typed models."""

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, create_model
from werkzeug.datastructures import MultiDict

from catalog.items import ItemId, Texts
from catalog.writes.operations import ItemChanges, Operation, PushedItem
from catalog.writes.versions import Version
from service.fields import Fields
from service.schema_hints import CHANGES, ITEMS, WRITES
from service.validation import validated

MAX_OPERATIONS = 256

_VERSION: dict[str, Any] = {"version": (Version | None, None)}
_WITHOUT_ID: dict[str, Any] = {
    name: (field.rebuild_annotation(), field)
    for name, field in PushedItem.model_fields.items()
    if name != "id"
}


class _Body(Texts):
    model_config = ConfigDict(strict=True)


# The id stands in the address.
PutBody = create_model("PutBody", __base__=_Body, **_WITHOUT_ID, **_VERSION)
PutBody.__doc__ = "One product, all of it. `images`: http(s) addresses, the primary one first."
PutBody.model_config["json_schema_extra"] = {"examples": ITEMS}
PatchBody = create_model("PatchBody", __base__=ItemChanges, __doc__=ItemChanges.__doc__, **_VERSION)
PatchBody.model_config["json_schema_extra"] = {
    **ItemChanges.model_config["json_schema_extra"],  # type: ignore[dict-item]
    "examples": CHANGES,
}


class WriteBatch(Fields):
    """Several operations in one call. Each is judged by itself, so that a bad one spoils no other."""

    model_config = ConfigDict(json_schema_extra={"examples": WRITES})

    operations: Annotated[list[Operation], Field(min_length=1, max_length=MAX_OPERATIONS)]


class LooseBatch(Fields):
    """The same before its operations are looked at."""

    operations: Annotated[list[Any], Field(min_length=1, max_length=MAX_OPERATIONS)]


class ItemPath(Texts):
    """The variable part of the address."""

    item_id: ItemId


class WriteParameters(Fields):
    wait: bool = Field(False, description="Answer when it is done, or after 30 s.")

    @classmethod
    def from_address(cls, arguments: "MultiDict[str, str]") -> Self:
        """Raises FieldsInvalid that names the parameter."""
        sent = {name: values[0] if len(values) == 1 else values for name, values in arguments.lists()}
        return validated(cls, sent)


class DeleteParameters(WriteParameters):
    version: Version | None = None
