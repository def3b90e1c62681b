"""What a variable part of an address may hold; `schema` says it in the API's document."""

from typing import Any, ClassVar

from werkzeug.routing import BaseConverter

from catalog.items import MAX_ID_CHARS


class ItemIdConverter(BaseConverter):
    """A shop's own id: any characters at all, slashes and line breaks included."""

    regex = r"[\s\S]+"
    part_isolating = False
    schema: ClassVar[dict[str, Any]] = {
        "type": "string", "minLength": 1, "maxLength": MAX_ID_CHARS, "pattern": r"\S", "examples": ["A17"],
    }  # fmt: skip


class Sha256Converter(BaseConverter):
    """A SHA-256 as catalog/images.py writes it, so that no other text ever becomes part of a path."""

    regex = "[0-9a-f]{64}"
    schema: ClassVar[dict[str, Any]] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
