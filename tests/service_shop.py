"""A small shop for the service's tests, and what fills an index with it."""

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from catalog.encoder import Encoder
from catalog.images import image_sha256
from catalog.index import ItemIndex
from catalog.items import Item, parse_item
from catalog.points import Picture, Point, id_of, keywords_of, payload_of, stamped
from catalog.settings import Settings
from tests.service_doubles import picture_bytes, plain

_FIRST_UPDATE = datetime(2024, 5, 1, tzinfo=UTC)

_STATE = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)

SHOP_ALIAS = "shop"
STRANGE_ID = "A/1//50% ü?#"
REMOTE_IMAGE = "https://shop.example/yellow.png"

# In the order of their last update, oldest first. `colours`: of the item's pictures.
SHOP: list[dict[str, Any]] = [
    {"id": "red-dress", "category": "dresses", "brand": "Acme", "colour": "red", "gender": "women",
     "price": 40, "currency": "EUR", "in_stock": True, "colours": ["red"], "attributes": {"sleeves": "long"},
     "description": "Red.", "url": "https://shop.example/p/red-dress"},
    {"id": "blue-dress", "category": "dresses", "brand": "Bolt", "colour": "blue", "gender": "women",
     "price": 60, "currency": "EUR", "in_stock": False, "colours": ["blue", "grey"]},
    {"id": "green-shirt", "category": "shirts", "brand": "Acme", "colour": "green", "gender": "men",
     "price": 20, "currency": "EUR", "in_stock": True, "colours": ["green"]},
    {"id": "black-bag", "category": "bags", "colours": ["black"]},
    {"id": STRANGE_ID, "category": "bags", "colour": "white", "price": 0, "colours": ["white"]},
    {"id": "yellow-bag", "category": "bags", "colour": "yellow", "colours": ["yellow"],
     "images": [REMOTE_IMAGE]},
    {"id": "pink/similar", "category": "shirts", "colour": "pink", "colours": ["pink"]},
]  # fmt: skip
NEWEST_FIRST = [str(fields["id"]) for fields in reversed(SHOP)]


def settings_for(store_url: str, **fields: Any) -> Settings:
    """Without a limit, since all tests call from one address; with a queue that these tests share."""
    state_dir = Path(_STATE.name)
    return Settings(
        **{"_env_file": None, "qdrant_url": store_url, "rate_limit": "off", "state_dir": state_dir, **fields}
    )


def fill(index: ItemIndex, encoder: Encoder, shop: Sequence[dict[str, Any]]) -> None:
    """Index the items as ingest does: one point a picture, the first one primary."""
    index.ensure()
    for number, fields in enumerate(shop):
        images = [plain(colour) for colour in fields["colours"]]
        item = item_of(fields)
        pictures = [
            Picture(position, source, image_sha256(picture_bytes(image)))
            for position, (source, image) in enumerate(zip(item.images, images, strict=True))
        ]
        updated_at = _FIRST_UPDATE + timedelta(days=number)
        payloads = [
            stamped(payload_of(item, pictures, picture, encoder.name), updated_at) for picture in pictures
        ]
        index.upsert([
            Point(id=id_of(item, picture), vector=vector, keywords=keywords_of(payload), payload=payload)
            for picture, vector, payload in zip(
                pictures, encoder.encode_images(images), payloads, strict=True
            )
        ])  # fmt: skip


def item_of(fields: dict[str, Any]) -> Item:
    local = [f"/srv/feeds/secret/{colour}.png" for colour in fields["colours"]]
    rest = {name: value for name, value in fields.items() if name != "colours"}
    return parse_item({"title": f"The {fields['id']}", "images": local, **rest})
