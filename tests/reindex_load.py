"""Customers who search without a pause, and one who writes, while the model of the index is changed."""

import itertools
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from catalog.encoder import Encoder, Vectors
from tests.reindex_shop import picture_of

TEXTS = ("red dress", "blue shoe", "a green bag")


@dataclass
class Truth:
    """Offline vectors of what nobody writes, by model: of the pictures by item id, and of the texts."""

    pictures: dict[str, dict[str, Vectors]] = field(default_factory=dict)
    texts: dict[str, dict[str, Vectors]] = field(default_factory=dict)

    def add(self, encoder: Encoder, colours: dict[str, int]) -> None:
        images = [picture_of(colour) for colour in colours.values()]
        rows = np.concatenate([encoder.encode_images(images[n : n + 16]) for n in range(0, len(images), 16)])
        self.pictures[encoder.name] = dict(zip(colours, rows, strict=True))
        self.texts[encoder.name] = dict(zip(TEXTS, encoder.encode_texts(TEXTS), strict=True))

    def check(self, answer: Any, alias: str, text: str | None, item_id: str | None) -> list[str]:
        """What is wrong with an answer: another model's cosines are nowhere near."""
        model, version = answer["model"], answer["index_version"]
        if not version.startswith(f"{alias}-{model}-"):
            return [f"{model} answers from {version}"]
        own = self.texts[model][text] if text else self.pictures[model][item_id or ""]
        wrong = []
        for item in answer["items"]:
            known = self.pictures[model].get(item["id"])
            if known is not None and abs(item["score"] - float(own @ known)) > 0.03:
                wrong.append(f"{model}: {item['id']} scores {item['score']}, not {float(own @ known):.4f}")
        if item_id and not any(item["id"] == item_id and item["score"] > 0.99 for item in answer["items"]):
            wrong.append(f"{model}: {item_id} does not find itself")
        return wrong


class Customers:
    """Search from threads until the end; `wrong` holds what should not have been answered."""

    def __init__(self, url: str, alias: str, truth: Truth, ids: list[str], threads: int = 2) -> None:
        self._url, self._alias, self._truth, self._ids = url, alias, truth, ids
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._search, args=(n,)) for n in range(threads)]
        self.wrong: list[str] = []
        self.answered: dict[str, int] = {}

    def __enter__(self) -> "Customers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _search(self, number: int) -> None:
        for n in itertools.count(number):
            if self._stop.wait(0.03):
                return
            text = TEXTS[n % len(TEXTS)] if n % 2 else None
            item_id = None if text else self._ids[n % len(self._ids)]
            part = {"text": text} if text else {"item_id": item_id}
            body = {"query": [part], "mode": "vector", "include_query_items": True, "limit": 12}
            try:
                answer = ask(f"{self._url}/v1/search", body)
            except (OSError, ValueError) as error:
                told = error.read().decode() if isinstance(error, urllib.error.HTTPError) else ""
                self.wrong.append(f"{error!r} {told}")
                continue
            self.answered[answer["model"]] = self.answered.get(answer["model"], 0) + 1
            self.wrong += self._truth.check(answer, self._alias, text, item_id)


def ask(url: str, body: Any = None) -> Any:
    request = urllib.request.Request(
        url, None if body is None else json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.loads(response.read())


class Writing(threading.Thread):
    """Calls `write(n)` for n = 0, 1, … until `stop`; raises there what a call has raised."""

    def __init__(self, write: Callable[[int], None]) -> None:
        super().__init__()
        self._write = write
        self._stop_it = threading.Event()
        self._error: BaseException | None = None
        self.written = 0

    def run(self) -> None:
        try:
            while not self._stop_it.wait(0.2):
                self._write(self.written)
                self.written += 1
        except BaseException as error:
            self._error = error

    def stop(self) -> None:
        self._stop_it.set()
        self.join()
        if self._error is not None:
            raise self._error
