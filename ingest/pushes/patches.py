"""What PATCH makes of an item: the stored item with some fields changed; its pictures are not looked at."""

from collections.abc import Sequence
from typing import Any

from catalog.items import Item, parse_item
from catalog.points import IMAGES, ITEM_ID, StoredPoint
from catalog.writes.operations import Patch
from ingest.plan import Change, plan

_ATTRIBUTES = "attributes"


def patched(operation: Patch, stored: Sequence[StoredPoint], model: str) -> Change:
    """What the item needs. Raises ItemInvalid if what comes out breaks the rules of items."""
    item = _merged(stored[0], operation.fields.model_dump(exclude_unset=True))
    return plan(item, [point.picture for point in stored], {}, stored, model)


def _merged(point: StoredPoint, changes: dict[str, Any]) -> Item:
    payload = point.payload
    fields = {name: payload[name] for name in Item.model_fields if name in payload}
    if _ATTRIBUTES in changes:
        # The whole of them cleared, or each by its name.
        merged = {**payload.get(_ATTRIBUTES, {}), **changes[_ATTRIBUTES]} if changes[_ATTRIBUTES] else {}
        changes = {
            **changes,
            _ATTRIBUTES: {name: value for name, value in merged.items() if value is not None},
        }
    fields |= changes
    sources = [image["source"] for image in payload[IMAGES]]
    known = {name: value for name, value in fields.items() if value is not None}
    return parse_item({**known, "id": payload[ITEM_ID], "images": sources})
