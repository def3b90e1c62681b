"""A point: one picture of one item, as the store keeps it. The only place that names payload fields."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog.attributes import TERMS, readings
from catalog.encoder import Vectors
from catalog.items import Item, point_id
from catalog.price_bands import band_of

# Named vectors.
IMAGE = "image"
KEYWORDS = "keywords"

# Payload fields beside those of the item itself.
ITEM_ID = "item_id"
IMAGES = "images"
POSITION = "position"
PRIMARY = "primary"
IMAGE_SHA256 = "image_sha256"
IMAGE_HASHES = "image_hashes"
MODEL = "model"
UPDATED_AT = "updated_at"
PRICE = "price"
PRICE_BAND = "price_band"
# Fields of an item that its points keep in a way of their own.
_OF_POINTS = frozenset({"id", "images"})

Payload = dict[str, Any]


@dataclass(frozen=True)
class Picture:
    """A picture of an item that could be read: where the feed says it is, and what it held.

    `hashes`: as catalog/picture_hash.py makes them; None where they are not known.
    """

    position: int
    source: str
    sha256: str
    hashes: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Point:
    """`vector`: float32 `(dimension,)`, unit length. `keywords`: the text that keyword search looks in."""

    id: str
    vector: Vectors
    keywords: str
    payload: Payload


@dataclass(frozen=True)
class StoredPoint:
    """A point as read back, without its vectors. Of one that another program has damaged only `id`,
    `is_sound`, `position` and `updated_at` can be asked."""

    id: str
    payload: Payload

    @property
    def is_sound(self) -> bool:
        """Whether the payload tells what is asked below, and the id is that of its picture."""
        payload, position = self.payload, self.position
        try:
            is_known = any(image["position"] == position and "source" in image for image in payload[IMAGES])
            is_its_own = self.id == point_id(str(payload[ITEM_ID]), position)
            hashes_in(payload)
        except (KeyError, TypeError):
            return False
        is_whole = IMAGE_SHA256 in payload and MODEL in payload and written_at(payload) is not None
        return is_known and is_its_own and is_whole

    @property
    def item_id(self) -> str:
        return str(self.payload[ITEM_ID])

    @property
    def position(self) -> int:
        """-1 if the payload does not tell it."""
        position = self.payload.get(POSITION)
        return position if isinstance(position, int) else -1

    @property
    def image_sha256(self) -> str:
        return str(self.payload[IMAGE_SHA256])

    @property
    def model(self) -> str:
        return str(self.payload[MODEL])

    @property
    def updated_at(self) -> str:
        """Empty if the payload does not tell it."""
        return str(self.payload.get(UPDATED_AT, ""))

    @property
    def image_hashes(self) -> tuple[str, ...] | None:
        """None for a point that was written before there were any."""
        return hashes_in(self.payload)

    @property
    def picture(self) -> Picture:
        sources = {image["position"]: image["source"] for image in self.payload[IMAGES]}
        return Picture(self.position, sources[self.position], self.image_sha256, self.image_hashes)


# The fields whose words keyword search finds, and attributes by which a product is ordered.
_KEYWORD_FIELDS = ("title", "brand", "category")
_CODE_ATTRIBUTES = ("sku", "mpn", "gtin", "ean", "barcode", "article_number")
# A shop's id that a person may type: not "7", which would answer everyone who asks for size 7.
_CODE = re.compile(r"(?=.*\d).{5,64}")


def keywords_of(payload: Mapping[str, Any]) -> str:
    """The text for keyword search: title, brand, category, and the codes that name just this product."""
    texts = [payload.get(name) for name in _KEYWORD_FIELDS]
    terms = payload.get(TERMS, {})
    codes = [term for name in _CODE_ATTRIBUTES if name in terms for term in terms[name]]
    if _CODE.fullmatch(str(payload[ITEM_ID])):
        codes.append(payload[ITEM_ID])
    return " ".join(text for text in [*texts, *codes] if text)


def payload_of(item: Item, pictures: Sequence[Picture], picture: Picture, model: str) -> Payload:
    """The payload of one picture, less `updated_at`. The first of `pictures` is the primary one."""
    # Not by model_dump: an unchanged item pays for its payload alone, and that takes half as long.
    given = item.__dict__.items()
    fields = {name: value for name, value in given if value is not None and name not in _OF_POINTS}
    band = {} if item.price is None else {PRICE_BAND: band_of(item.price)}
    hashes = {} if picture.hashes is None else {IMAGE_HASHES: list(picture.hashes)}
    return {
        **fields,
        **readings(item.attributes),
        **band,
        **hashes,
        ITEM_ID: item.id,
        IMAGES: [{"position": p.position, "source": p.source, "sha256": p.sha256} for p in pictures],
        POSITION: picture.position,
        PRIMARY: picture.position == pictures[0].position,
        IMAGE_SHA256: picture.sha256,
        MODEL: model,
    }


def of_model(payload: Mapping[str, Any], model: str) -> Payload:
    """The payload of the same picture in a collection of another model."""
    return {**payload, MODEL: model}


def stamp_of(moment: datetime) -> str:
    """`updated_at` of what is written at that moment, in UTC: as texts, they compare as their times do."""
    return moment.isoformat(timespec="milliseconds")


def written_at(payload: Mapping[str, Any]) -> datetime | None:
    """When the point was written last; None if its payload does not tell it."""
    try:
        moment = datetime.fromisoformat(payload[UPDATED_AT])
    except (KeyError, TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


def hashes_in(payload: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The perceptual hashes of a point's picture; None if it was written before there were any."""
    hashes = payload.get(IMAGE_HASHES)
    return None if hashes is None else tuple(hashes)


def stamped(payload: Payload, now: datetime) -> Payload:
    return {**payload, UPDATED_AT: stamp_of(now)}


def without_stamp(payload: Mapping[str, Any]) -> Payload:
    kept = dict(payload)
    kept.pop(UPDATED_AT, None)
    return kept


def id_of(item: Item, picture: Picture) -> str:
    return point_id(item.id, picture.position)
