"""Decides what an item needs: which pictures to embed, which payloads to write, which points to delete."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from PIL import Image

from catalog.items import Item
from catalog.points import (
    Payload,
    Picture,
    StoredPoint,
    id_of,
    keywords_of,
    payload_of,
    without_stamp,
)

# When each point of an item was written last, as its payload says: the same as long as nobody writes to it.
Stamps = dict[str, str]


@dataclass
class Change:
    """What one item needs. Points are written before others are deleted, so the item is never absent."""

    item: Item
    embed: list[tuple[str, Image.Image, Payload]] = field(default_factory=list)
    """Point id, decoded picture and payload of each picture that has no current vector."""
    reword: dict[str, Payload] = field(default_factory=dict)
    """Payloads of points whose keywords change too, though their picture does not."""
    repay: dict[str, Payload] = field(default_factory=dict)
    """Payloads of points where nothing else changes."""
    delete: list[str] = field(default_factory=list)
    is_new: bool = False
    """Whether the index holds nothing of the item yet."""
    read: Stamps = field(default_factory=dict)
    """What the index held of the item when this was planned."""

    @property
    def outcome(self) -> Literal["embedded", "payload_updated", "unchanged"]:
        if self.embed:
            return "embedded"
        return "payload_updated" if self.reword or self.repay or self.delete else "unchanged"


def stamps_of(stored: Sequence[StoredPoint]) -> Stamps:
    return {point.id: point.updated_at for point in stored}


def is_current(stored: StoredPoint | None, sha256: str, model: str) -> bool:
    """Whether the stored point holds the vector that this picture would get."""
    return stored is not None and stored.image_sha256 == sha256 and stored.model == model


def plan(
    item: Item,
    pictures: Sequence[Picture],
    decoded: dict[int, Image.Image],
    stored: Sequence[StoredPoint],
    model: str,
) -> Change:
    """`pictures`: those of the item that can be used. `decoded`: by position, those that need embedding."""
    change = Change(item, is_new=not stored, read=stamps_of(stored))
    by_id = {point.id: point for point in stored}
    kept = {id_of(item, picture): picture for picture in pictures}
    for identifier, picture in kept.items():
        payload = payload_of(item, pictures, picture, model)
        if picture.position in decoded:
            change.embed.append((identifier, decoded[picture.position], payload))
        elif without_stamp(by_id[identifier].payload) == payload:
            continue
        elif _has_keywords(by_id[identifier].payload, keywords_of(payload)):
            change.repay[identifier] = payload
        else:
            change.reword[identifier] = payload
    change.delete = [point.id for point in stored if point.id not in kept]
    return change


def _has_keywords(stored: Payload, keywords: str) -> bool:
    try:
        return keywords_of(stored) == keywords
    except (TypeError, AttributeError):  # another program has put something else in their place
        return False
