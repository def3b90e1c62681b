"""What a collection holds, as a number and a sum: equal for two that hold the same, in whatever order."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from catalog.index_errors import translated
from catalog.points import IMAGE, IMAGE_SHA256, KEYWORDS
from catalog.reads import Reads
from catalog.settings import Settings

_PAGE = 256
_MODULUS = 2**256


@dataclass(frozen=True)
class Contents:
    """`sum`: the SHA-256 sums of all points, each over id, payload and vectors, added up; in hex."""

    points: int
    sum: str


def contents_of(settings: Settings, collection: str) -> Contents:
    """Of a collection that nobody writes to meanwhile. Raises IndexUnavailable and IndexRefused."""
    points, total = 0, 0
    for page in _pages(settings, collection, {"with_payload": True, "with_vector": True}):
        points += len(page)
        total = (total + sum(_number_of(point) for point in page)) % _MODULUS
    return Contents(points, f"{total:064x}")


def _number_of(point: dict[str, Any]) -> int:
    vectors = point["vector"]
    words = vectors.get(KEYWORDS) or {"indices": [], "values": []}
    order = np.argsort(np.asarray(words["indices"], dtype=np.uint32), kind="stable")
    digest = hashlib.sha256(orjson.dumps([point["id"], point["payload"]], option=orjson.OPT_SORT_KEYS))
    digest.update(np.asarray(vectors.get(IMAGE, []), dtype="<f4").tobytes())
    digest.update(np.asarray(words["indices"], dtype="<u4")[order].tobytes())
    digest.update(np.asarray(words["values"], dtype="<f4")[order].tobytes())
    return int.from_bytes(digest.digest(), "big")


def picture_sums(settings: Settings, collection: str) -> set[str]:
    """The SHA-256 of every picture in the collection."""
    found: set[str] = set()
    for page in _pages(settings, collection, {"with_payload": [IMAGE_SHA256]}):
        found.update(point["payload"][IMAGE_SHA256] for point in page)
    return found


def _pages(settings: Settings, collection: str, wanted: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    reads = Reads(settings.qdrant_url, settings.qdrant_api_key, settings.qdrant_timeout_s)
    offset: Any = None
    while True:
        with translated(settings.qdrant_url):
            page = reads.post(collection, "points/scroll", {"limit": _PAGE, "offset": offset, **wanted})
        yield page["points"]
        offset = page["next_page_offset"]
        if offset is None:
            return
