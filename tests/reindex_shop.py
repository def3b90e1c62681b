"""A small shop on disk whose pictures can be told apart, and the truth about it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
from PIL import Image

from catalog.images import ImageLimits, decode_image
from ingest.report import Report
from tests.pictures import jpeg

Fields = dict[str, Any]
RunFeed = Callable[[str], Report]


def colour_of(number: int) -> tuple[int, int, int]:
    return (number * 37 % 256, number * 91 % 256, number * 53 % 256)


def picture_of(number: int) -> Image.Image:
    """As it is read from its file."""
    return decode_image(jpeg(colour_of(number)), ImageLimits())


class Shop:
    """A feed on disk and the truth about it; `fields` of each item by id, with the number of its colour."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.items: dict[str, Fields] = {}
        folder.mkdir(parents=True)

    def put(self, item_id: str, colour: int, **fields: Any) -> None:
        (self.folder / f"{colour}.jpg").write_bytes(jpeg(colour_of(colour)))
        self.items[item_id] = {"colour": colour, "price": 1.0, **fields}

    def feed(self, name: str = "feed.jsonl", ids: Sequence[str] | None = None) -> str:
        """Write a feed of these items, or of all."""
        path = self.folder / name
        lines = [
            {"id": i, "title": f"Thing {i}", "category": "things", "price": self.items[i]["price"],
             "images": [f"{self.items[i]['colour']}.jpg"]}
            for i in (self.items if ids is None else ids)
        ]  # fmt: skip
        path.write_bytes(b"\n".join(map(orjson.dumps, lines)) + b"\n")
        return str(path)
