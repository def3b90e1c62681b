"""A point: one picture of one item, as the store keeps it. The only place that names payload fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog.encoder import Vectors
from catalog.items import Item, point_id

# Named vectors.
IMAGE = "image"
KEYWORDS = "keywords"

# Payload fields beside those of the item itself.
ITEM_ID = "item_id"
IMAGES = "images"
POSITION = "position"
PRIMARY = "primary"
IMAGE_SHA256 = "image_sha256"
MODEL = "model"
UPDATED_AT = "updated_at"

Payload = dict[str, Any]


@dataclass(frozen=True)
class Picture:
    """A picture of an item that could be read: where the feed says it is, and what it held."""

    position: int
    source: str
    sha256: str


@dataclass(frozen=True)
class Point:
    """`vector`: float32 `(dimension,)`, unit length. `keywords`: the text that keyword search looks in."""

    id: str
    vector: Vectors
    keywords: str
    payload: Payload


@dataclass(frozen=True)
class StoredPoint:
    """A point as read back, without its vectors."""

    id: str
    payload: Payload

    @property
    def position(self) -> int:
        return int(self.payload[POSITION])

    @property
    def image_sha256(self) -> str:
        return str(self.payload[IMAGE_SHA256])

    @property
    def model(self) -> str:
        return str(self.payload[MODEL])

    @property
    def picture(self) -> Picture:
        sources = {image["position"]: image["source"] for image in self.payload[IMAGES]}
        return Picture(self.position, sources[self.position], self.image_sha256)


# The fields whose words keyword search finds.
_KEYWORD_FIELDS = ("title", "brand", "category")


def keywords_of(fields: Mapping[str, Any]) -> str:
    """The text for keyword search, from an item's fields or a payload."""
    return " ".join(str(fields[name]) for name in _KEYWORD_FIELDS if fields.get(name))


def payload_of(item: Item, pictures: Sequence[Picture], picture: Picture, model: str) -> Payload:
    """The payload of one picture, less `updated_at`. The first of `pictures` is the primary one."""
    fields = item.model_dump(exclude={"id", "images"}, exclude_none=True)
    return {
        **fields,
        ITEM_ID: item.id,
        IMAGES: [{"position": p.position, "source": p.source, "sha256": p.sha256} for p in pictures],
        POSITION: picture.position,
        PRIMARY: picture.position == pictures[0].position,
        IMAGE_SHA256: picture.sha256,
        MODEL: model,
    }


def stamped(payload: Payload, now: datetime) -> Payload:
    return {**payload, UPDATED_AT: now.isoformat(timespec="milliseconds")}


def without_stamp(payload: Mapping[str, Any]) -> Payload:
    return {name: value for name, value in payload.items() if name != UPDATED_AT}


def id_of(item: Item, picture: Picture) -> str:
    return point_id(item.id, picture.position)
