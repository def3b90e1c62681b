"""Customers who search in every way, and know what may be answered."""

import random
import threading
from typing import Any

import orjson

from tests.chaos.api import Api, Going
from tests.chaos.score import Score
from tests.chaos.truth import Truth, state_of
from tests.pictures import jpeg

STEADY, MOVING = "steady", "moving"
_PAGE = 7
_SAME_SCORE = 0.002


def steady_searches() -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Searches among items that nobody changes, by name: their answer is the same at any time."""
    among = {"filter": {"category": [STEADY]}, "mode": "vector", "limit": 50}
    among_all = {"filter": {"category": [STEADY]}}
    upload = {"files": {"image": ("a.jpg", jpeg((200, 40, 40)), "image/jpeg")}}
    return {
        "words": ("POST", "/v1/search", {"json": {"query": [{"text": "red dress"}], **among}}),
        "item": ("POST", "/v1/search", {"json": {"query": [{"item_id": "steady-3"}], **among}}),
        "mix": (
            "POST", "/v1/search",
            {"json": {"query": [{"text": "blue shoe"}, {"item_id": "steady-5", "weight": -0.3}], **among}},
        ),
        "upload": ("POST", "/v1/search", {"data": {"request": orjson.dumps(among_all)}, **upload}),
        "similar": ("GET", f"/v1/items/steady-7/similar?category={STEADY}&limit=20", {}),
    }  # fmt: skip


class Customer(Going):
    """`expected`: the scores by item of the steady searches, asked while all was well."""

    def __init__(
        self, number: int, url: str, truth: Truth, expected: dict[str, dict[str, float]],
        steady: int, score: Score, over: threading.Event,
    ) -> None:  # fmt: skip
        super().__init__(f"customer-{number}", score, over, 0.02)
        self._api = Api(url, score)
        self._truth, self._expected, self._steady = truth, expected, steady
        self._searches = steady_searches()
        self._dice = random.Random(number)  # noqa: S311 - no secret

    def step(self, number: int) -> None:
        kinds = (
            self._search_steady,
            self._browse_pages,
            self._browse_moving,
            self._look_at_one,
            self._facets,
        )
        self._dice.choices(kinds, (5, 1, 3, 3, 1))[0]()

    def end(self) -> None:
        self._api.close()

    def _search_steady(self) -> None:
        name = self._dice.choice(list(self._searches))
        method, path, options = self._searches[name]
        answer = self._api.ask("search", method, path, **options)
        if answer is None:
            return
        found, expected = scores_of(answer.json()), self._expected[name]
        same = found.keys() == expected.keys() and all(
            abs(found[item_id] - expected[item_id]) < _SAME_SCORE for item_id in found
        )
        if not same:
            self._score.is_wrong(f"search by {name}: {found}, not {expected}")

    def _browse_pages(self) -> None:
        seen: list[str] = []
        body: dict[str, Any] = {"filter": {"category": [STEADY]}, "limit": _PAGE}
        while True:
            answer = self._api.ask("page", "POST", "/v1/search", json=body)
            if answer is None:
                return
            page = answer.json()
            seen += [item["id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            body["cursor"] = page["next_cursor"]
        if sorted(seen) != sorted(f"steady-{n}" for n in range(self._steady)):
            self._score.is_wrong(f"pages of {STEADY} items: {seen}")

    def _browse_moving(self) -> None:
        """All of them, or those up to a price: each as it may be, and none missing that must be there."""
        most = self._dice.choice([None, 500, 1000])
        wanted: dict[str, Any] = {"category": [MOVING]}
        if most is not None:
            wanted["price"] = {"lte": most}
        sure = self._truth.sure()
        answer = self._api.ask("browse", "POST", "/v1/search", json={"filter": wanted, "limit": 100})
        if answer is None:
            return
        found = {item["id"]: state_of(item) for item in answer.json()["items"]}
        for item_id, since in sure.items():
            seen = found.pop(item_id, None)
            if seen is not None:
                fits = most is None or seen.price <= most
                wrong = self._truth.saw(item_id, seen, since) if fits else f"{item_id} costs {seen.price}"
            else:
                states = self._truth.possible(item_id, since)
                may_miss = any(one is None or (most is not None and one.price > most) for one in states)
                wrong = None if may_miss else f"{item_id} is missing: it may be {states}"
            if wrong:
                self._score.is_wrong(f"browse {wanted}: {wrong}")
        if found.keys() - set(self._truth.ids()):
            self._score.is_wrong(f"browse {wanted}: nobody sent {sorted(found)}")

    def _look_at_one(self) -> None:
        sure = self._truth.sure()
        if not sure:
            return
        item_id = self._dice.choice(list(sure))
        answer = self._api.ask("item", "GET", f"/v1/items/{item_id}", also=(404,))
        if answer is None:
            return
        seen = state_of(answer.json()) if answer.status_code == 200 else None
        if wrong := self._truth.saw(item_id, seen, sure[item_id]):
            self._score.is_wrong(f"GET: {wrong}")

    def _facets(self) -> None:
        answer = self._api.ask("facets", "GET", f"/v1/facets?fields=category&category={STEADY}")
        if answer is not None:
            counts = {one["value"]: one["count"] for one in answer.json()["facets"]["category"]}
            if counts.get(STEADY) != self._steady:
                self._score.is_wrong(f"facets: {counts}")


def scores_of(answer: dict[str, Any]) -> dict[str, float]:
    return {item["id"]: item["score"] for item in answer["items"]}
