"""What a shop pushes at random, and what must become of it."""

import random
from dataclasses import dataclass, field
from typing import Any

from catalog.images import image_sha256
from catalog.writes.operations import Delete, Patch, Put, operation_adapter
from tests.pictures import jpeg

ITEMS = 20
COLOURS = [(200, 20, 40), (20, 200, 40), (20, 40, 200), (120, 120, 20)]


@dataclass
class Expected:
    """`title`, `price` and `sha256` of an item that is there."""

    title: str
    price: float | None
    sha256: str


@dataclass
class Model:
    """Does each operation at once. Items with an odd number are pushed with versions, in no order."""

    picture_url: str
    seed: int = 0
    items: dict[str, Expected] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    failures: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311 - no secret

    def next(self) -> Put | Patch | Delete:
        """Another operation, done here."""
        number = self.dice.randrange(ITEMS)
        item_id = f"item-{number}"
        version = self.dice.randrange(100) if number % 2 else None
        what = self.dice.choices(["put", "patch", "delete"], [4, 5, 1])[0]
        sent = getattr(self, f"_{what}")(item_id)
        self._do(item_id, sent, version)
        return operation_adapter.validate_python({**sent, "version": version} if number % 2 else sent)

    def _put(self, item_id: str) -> dict[str, Any]:
        red, green, blue = self.dice.choice(COLOURS)
        images = [f"{self.picture_url}/{red}-{green}-{blue}.jpg"]
        item = {"id": item_id, "title": f"T{self.dice.random()}", "category": "c", "images": images}
        return {"op": "put", "item": {**item, "price": self.dice.randrange(1000)}}

    def _patch(self, item_id: str) -> dict[str, Any]:
        return {"op": "patch", "id": item_id, "fields": {"price": self.dice.randrange(1000)}}

    def _delete(self, item_id: str) -> dict[str, Any]:
        return {"op": "delete", "id": item_id}

    def _do(self, item_id: str, sent: dict[str, Any], version: int | None) -> None:
        if version is not None and version < self.versions.get(item_id, -1):
            return
        if sent["op"] == "patch" and item_id not in self.items:
            self.failures += 1
            return
        if version is not None:
            self.versions[item_id] = version
        if sent["op"] == "put":
            name = sent["item"]["images"][0].rsplit("/", 1)[1].removesuffix(".jpg")
            red, green, blue = map(int, name.split("-"))
            sha256 = image_sha256(jpeg((red, green, blue)))
            self.items[item_id] = Expected(sent["item"]["title"], sent["item"]["price"], sha256)
        elif sent["op"] == "patch":
            self.items[item_id].price = sent["fields"]["price"]
        else:
            self.items.pop(item_id, None)
