"""What locust runs for `python -m bench.load`: customers who search, more of them until the service is full.

Each asks once a second on average, at random moments, whatever it was answered, and heeds no Retry-After: so
many customers are so many requests a second. When more of them get no more answers, twice as many come as
were answered, and stay. A line of JSON for each step goes to the file that LOAD_STEPS names.
"""

import json
import os
import random
import time
from typing import Any

from locust import FastHttpUser, LoadTestShape, events, task

_GROWTH = 1.05  # a step that answers no more than this more than the best one before has found the limit
_STEPS_WITHOUT_GROWTH = 2
_LATE_MS = 1000  # a step whose answers come this late has, too
_COLOURS = ("red", "blue", "green", "black", "white", "navy", "pink", "yellow")
_LOOKS = ("floral", "striped", "plain", "denim", "summer", "evening", "long sleeved", "polka dot")
_THINGS = ("dress", "jumpsuit", "hoodie", "shirt", "overall", "skirt", "bag", "shoe")

_PICTURE = open(os.environ["LOAD_PICTURE"], "rb").read()
_ITEMS = os.environ["LOAD_ITEMS"].split(",")
_HEADERS = {"Authorization": f"Bearer {os.environ['LOAD_KEY']}"}


class Customer(FastHttpUser):
    network_timeout = connection_timeout = 60.0

    def on_start(self) -> None:
        self._next = time.monotonic()
        time.sleep(self.wait_time())

    def wait_time(self) -> float:
        self._next += random.expovariate(1.0)
        return max(0.0, self._next - time.monotonic())

    @task(60)
    def search_by_words(self) -> None:
        self._ask("GET", f"/v1/search?text={self._words()}&limit=24")

    @task(20)
    def search_with_filters_and_facets(self) -> None:
        body = {
            "query": [{"text": self._words()}],
            "filter": {"price": {"lte": 80}},
            "facets": ["colour", "price"],
        }
        self._ask("POST", "/v1/search", json=body)

    @task(15)
    def look_for_similar_items(self) -> None:
        self._ask("GET", f"/v1/items/{random.choice(_ITEMS)}/similar")  # noqa: S311

    @task(5)
    def search_by_picture(self) -> None:
        head = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
        kind = {"Content-Type": "multipart/form-data; boundary=x"}
        self._ask("POST", "/v1/search", data=head + _PICTURE + b"\r\n--x--\r\n", headers=kind)

    def _words(self) -> str:
        return "+".join(random.choice(some) for some in (_COLOURS, _LOOKS, _THINGS)).replace(" ", "+")  # noqa: S311

    def _ask(self, method: str, path: str, headers: dict[str, str] | None = None, **rest: Any) -> None:
        sent = {**_HEADERS, **(headers or {})}
        with self.client.request(
            method, path, name="ask", headers=sent, catch_response=True, **rest
        ) as answer:
            if answer.status_code == 200:
                answer.request_meta["name"] = "answered"
                answer.success()
            elif answer.status_code in (429, 503) and answer.headers.get("Retry-After", "").isdigit():
                answer.request_meta["name"] = "refused"
                answer.success()
            else:
                answer.request_meta["name"] = "failed"
                answer.failure(f"{answer.status_code} {(answer.text or '')[:200]}")


class UntilFullThenTwice(LoadTestShape):
    """Steps of LOAD_STEP_S seconds with LOAD_MORE more customers each; LOAD_HOLD_S at twice the limit."""

    def __init__(self) -> None:
        super().__init__()
        self._step_s, self._hold_s = float(os.environ["LOAD_STEP_S"]), float(os.environ["LOAD_HOLD_S"])
        self._more = int(os.environ["LOAD_MORE"])
        self._users = self._more
        self._until = 0.0
        self._best, self._flat = 0.0, 0
        self._is_holding = False

    def tick(self) -> tuple[int, float] | None:
        now = time.monotonic()
        if not self._until:
            self._begin(now, self._step_s)
        elif now >= self._until:
            step = self._note(now)
            if self._is_holding:
                return None
            self._next(now, step)
        elif now - self._began < self._settling_s:
            self.runner.stats.clear_all()  # customers of this step are still coming
            self._counted_from = now
        return self._users, float(max(self._users, 10))

    def _next(self, now: float, step: dict[str, Any]) -> None:
        grew = step["answered_per_s"] > self._best * _GROWTH and step["p95_ms"] < _LATE_MS
        self._flat = 0 if grew else self._flat + 1
        self._best = max(self._best, step["answered_per_s"])
        if self._flat < _STEPS_WITHOUT_GROWTH:
            self._users += self._more
            self._begin(now, self._step_s)
        else:
            self._is_holding = True
            self._users = round(2 * self._best)
            self._begin(now, self._hold_s)

    def _begin(self, now: float, seconds: float) -> None:
        self._began = self._counted_from = now
        self._settling_s = min(3.0, seconds / 3)
        self._until = now + seconds
        self.runner.stats.clear_all()

    def _note(self, now: float) -> dict[str, Any]:
        seconds, entries = now - self._counted_from, self.runner.stats.entries.values()
        counted = {entry.name: 0 for entry in entries}
        for entry in entries:
            counted[entry.name] += entry.num_requests
        answered = [entry for entry in entries if entry.name == "answered"]
        step = {
            "at": time.time(), "holding": self._is_holding, "users": self._users,
            "seconds": round(seconds, 1),
            "answered_per_s": round(counted.get("answered", 0) / seconds, 1),
            "refused_per_s": round(counted.get("refused", 0) / seconds, 1),
            "failed": counted.get("failed", 0),
            **{f"p{percent}_ms": _percentile(answered, percent / 100) for percent in (50, 95, 99)},
            "longest_ms": round(max((entry.max_response_time for entry in answered), default=0)),
            "refused_p95_ms": _percentile([entry for entry in entries if entry.name == "refused"], 0.95),
            "failures": sorted({str(error.error) for error in self.runner.stats.errors.values()})[:5],
        }  # fmt: skip
        with open(os.environ["LOAD_STEPS"], "a", encoding="utf-8") as steps:
            steps.write(json.dumps(step) + "\n")
        return step


def _percentile(entries: list[Any], share: float) -> int:
    """Over the methods, GET and POST, which locust keeps apart."""
    counts: dict[int, int] = {}
    for entry in entries:
        for milliseconds, count in entry.response_times.items():
            counts[milliseconds] = counts.get(milliseconds, 0) + count
    left = share * sum(counts.values())
    for milliseconds in sorted(counts):
        left -= counts[milliseconds]
        if left <= 0:
            return int(milliseconds)
    return 0


@events.quitting.add_listener
def _well_ended(environment: Any, **_: Any) -> None:
    environment.process_exit_code = 0  # bench/load.py judges the steps
