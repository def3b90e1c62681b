"""A shop's back office that writes without a pause, and remembers what was acknowledged."""

import random
import threading
import time
import uuid
from dataclasses import dataclass
from typing import Any

from tests.chaos.api import Api, Going
from tests.chaos.customers import MOVING
from tests.chaos.score import Score
from tests.chaos.truth import State, Truth

_ITEMS = 10
_PATIENCE_S = 120.0
_COLOURS = ("200-20-40", "20-200-40", "20-40-200", "120-120-20", "20-120-120")


@dataclass(frozen=True)
class Accepted:
    """An ingest that was acknowledged: the numbers of the states that it brings, by item."""

    ingest_id: str
    numbers: dict[str, int]


class Writer(Going):
    """Alone writes its own items, one request after the other: each is sent until it is acknowledged."""

    def __init__(
        self, number: int, url: str, pictures: str, truth: Truth, score: Score, over: threading.Event
    ) -> None:
        super().__init__(f"writer-{number}", score, over, 0.1)
        self.accepted: list[Accepted] = []
        self.unsettled: list[Accepted] = []
        self._api = Api(url, score)
        self._pictures, self._truth, self._number = pictures, truth, number
        self._dice = random.Random(number)  # noqa: S311 - no secret
        self._prices = iter(range(1, 1_000_000))

    def step(self, number: int) -> None:
        count = self._dice.choice([1, 1, 1, 4])
        asked = [self._operation() for _ in range(count)]
        numbers = {item_id: number for item_id, number, _ in asked}
        self._send(numbers, [operation for *_, operation in asked])
        self._look_back()

    def close(self) -> None:
        self._api.close()

    def _operation(self) -> tuple[str, int, dict[str, Any]]:
        """Another one: its item, the number of the state that it brings, and itself."""
        item_id = f"moving-{self._number}-{self._dice.randrange(_ITEMS)}"
        before, price = self._truth.latest(item_id), float(next(self._prices) * 2 + self._number)
        if before is not None and self._dice.random() < 0.15:
            return item_id, self._truth.sent(item_id, None), {"op": "delete", "id": item_id}
        if before is not None and self._dice.random() < 0.6:
            sent = self._truth.sent(item_id, State(before.title, price))
            return item_id, sent, {"op": "patch", "id": item_id, "fields": {"price": price}}
        title = f"Thing {self._number} {price:g}"
        sent = self._truth.sent(item_id, State(title, price))
        images = [f"{self._pictures}/{self._dice.choice(_COLOURS)}.jpg"]
        item = {"id": item_id, "title": title, "category": MOVING, "price": price, "images": images}
        return item_id, sent, {"op": "put", "item": item}

    def _send(self, numbers: dict[str, int], operations: list[dict[str, Any]]) -> None:
        """As often as it takes; its key tells that it is the same request."""
        method, path, body = _request_of(operations)
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        until = None
        while (answer := self._api.ask("write", method, path, json=body, headers=headers)) is None:
            time.sleep(0.2)
            if self._over.is_set():  # after the last fault nothing stands in the way of an answer
                until = until or time.monotonic() + _PATIENCE_S
                if time.monotonic() > until:
                    raise TimeoutError(
                        f"{method} {path} was not taken {_PATIENCE_S:g} s after the last fault"
                    )
        accepted = Accepted(answer.json()["id"], numbers)
        self.accepted.append(accepted)
        self.unsettled.append(accepted)

    def _look_back(self) -> None:
        """What became of one that is not done yet."""
        if not self.unsettled:
            return
        one = self._dice.choice(self.unsettled)
        if self.settle(one):
            self.unsettled.remove(one)

    def settle(self, one: Accepted) -> bool:
        """Whether it is done. Anything but success is lost: nothing was wrong with what was sent."""
        answer = self._api.ask("ingest", "GET", f"/v1/ingests/{one.ingest_id}", also=(404,))
        if answer is None:
            return False
        if answer.status_code == 404:
            self._score.is_lost(f"ingest {one} was acknowledged and is not known")
            return True
        ingest = answer.json()
        bad = [told for told in ingest["operations"] if told["outcome"] in ("failed", "superseded")]
        if bad:
            self._score.is_lost(f"acknowledged, but not done: {bad}")
        if ingest["state"] == "done":
            for item_id, number in one.numbers.items():
                self._truth.done(item_id, number)
        return bool(ingest["state"] == "done")


def _request_of(operations: list[dict[str, Any]]) -> tuple[str, str, dict[str, Any] | None]:
    if len(operations) > 1:
        return "POST", "/v1/items/batch", {"operations": operations}
    (only,) = operations
    if only["op"] == "put":
        item = dict(only["item"])
        return "PUT", f"/v1/items/{item.pop('id')}", item
    if only["op"] == "patch":
        return "PATCH", f"/v1/items/{only['id']}", only["fields"]
    return "DELETE", f"/v1/items/{only['id']}", None
