"""How a stored payload becomes a product of an answer."""

from collections.abc import Mapping
from typing import Any

from flask import g, url_for

from catalog.points import IMAGES, ITEM_ID, POSITION, UPDATED_AT
from service.answers import Found, Image, ItemAnswer, Product, Why


def item_answer(payload: Mapping[str, Any]) -> ItemAnswer:
    images = _images(payload, _thumbnails())
    product = _product(payload, images)
    return ItemAnswer(**product, images=images, updated_at=payload[UPDATED_AT])


def found(payload: Mapping[str, Any], score: float | None, why: Why | None, duplicates: list[str]) -> Found:
    images = _images(payload, _thumbnails())
    matched = next((image for image in images if image.position == payload[POSITION]), None)
    return Found(
        **_product(payload, images), score=score, matched_image=matched, why=why, duplicates=duplicates
    )


def _product(payload: Mapping[str, Any], images: list[Image]) -> dict[str, Any]:
    own = {name: payload.get(name) for name in Product.model_fields}
    primary = images[0].url if images else None
    return {**own, "id": payload[ITEM_ID], "image": primary, "attributes": own["attributes"] or {}}


def _images(payload: Mapping[str, Any], thumbnails: str) -> list[Image]:
    return [
        Image(position=image["position"], url=_image_url(image["source"], image["sha256"], thumbnails))
        for image in payload[IMAGES]
    ]


def _image_url(source: str, sha256: str, thumbnails: str) -> str:
    # A local path means nothing to a client, and tells how our disk is laid out.
    return source if source.lower().startswith(("http://", "https://")) else thumbnails + sha256


def _thumbnails() -> str:
    """The address of a thumbnail less its name: asked of Flask once a request, not once a picture."""
    if "thumbnails" not in g:
        example = "0" * 64
        g.thumbnails = url_for("thumbnails.thumbnail", sha256=example).removesuffix(example)
    return str(g.thumbnails)
