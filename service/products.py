"""How a stored payload becomes a product of an answer."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from flask import url_for

from catalog.points import IMAGES, ITEM_ID, POSITION, UPDATED_AT
from service.answers import Found, Image, ItemAnswer, Product, Why

# What of an answer stands in the payload under the same name.
_SAME_NAMES: Final = tuple({each.name for each in fields(Product)} - {"id", "image", "attributes"})


def item_answer(payload: Mapping[str, Any]) -> ItemAnswer:
    images = _images(payload, thumbnails_address())
    return ItemAnswer(**_product(payload, images), images=images, updated_at=payload[UPDATED_AT])


def found(
    payload: Mapping[str, Any], score: float | None, why: Why | None, duplicates: list[str], thumbnails: str
) -> Found:
    """`thumbnails`: thumbnails_address(), which is the same for all products of an answer."""
    images = _images(payload, thumbnails)
    matched = next((image for image in images if image.position == payload[POSITION]), None)
    return Found(
        **_product(payload, images), score=score, matched_image=matched, why=why, duplicates=duplicates
    )


def _product(payload: Mapping[str, Any], images: list[Image]) -> dict[str, Any]:
    own = {name: payload.get(name) for name in _SAME_NAMES}
    own["id"] = payload[ITEM_ID]
    own["image"] = images[0].url if images else None
    own["attributes"] = payload.get("attributes") or {}
    return own


def _images(payload: Mapping[str, Any], thumbnails: str) -> list[Image]:
    return [
        Image(image["position"], _image_url(image["source"], image["sha256"], thumbnails))
        for image in payload[IMAGES]
    ]


def _image_url(source: str, sha256: str, thumbnails: str) -> str:
    # A local path means nothing to a client, and tells how our disk is laid out.
    return source if source.lower().startswith(("http://", "https://")) else thumbnails + sha256


def thumbnails_address() -> str:
    """The address of a thumbnail less its name."""
    example = "0" * 64
    return url_for("thumbnails.thumbnail", sha256=example).removesuffix(example)
