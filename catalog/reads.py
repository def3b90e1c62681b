"""The calls that every search makes: plain REST over kept-alive connections, JSON in and out.

By qdrant-client a look-up costs 0.72 ms of processor time and by these 0.29 ms; a hybrid search, with the 400
hits that it turns into models, 4.8 and 2.5 ms. Whatever is not in the way of every search goes by the client.
"""

from typing import Any
from urllib.parse import quote, urlsplit

import orjson
from pydantic import BaseModel
from qdrant_client import models

from catalog.deadline import current
from catalog.logins import login_headers, without_login
from catalog.wire import Wire, WireBroken

Json = dict[str, Any]


class ReadRefused(Exception):
    """The store answers with `status`, which is no success."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


class Reads:
    """Posts reads to the store at `url`. Threads may share it, forked processes may not."""

    def __init__(self, url: str, api_key: str | None, timeout_s: float) -> None:
        headers = {"Content-Type": "application/json"} | ({"api-key": api_key} if api_key else {})
        self._wire = Wire(without_login(url), headers | login_headers(url))
        self._path = quote(urlsplit(url).path.rstrip("/"), safe="/%")
        self._timeout_s = timeout_s

    def post(self, collection: str, call: str, body: Json) -> Any:
        """The `result` of `call`, such as "points/query", on a collection.

        `body` may hold qdrant-client's models and numpy arrays anywhere.
        Raises ReadRefused, and WireBroken or TimeoutError where nothing sensible comes in time.
        """
        path = f"{self._path}/collections/{quote(collection, safe='')}/{call}"
        content = orjson.dumps(body, _plain, orjson.OPT_SERIALIZE_NUMPY)
        status, answer = self._wire.post(path, content, self._left_s)
        if status != 200:
            raise ReadRefused(status)
        try:
            return orjson.loads(answer)["result"]
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise WireBroken("the answer is not the store's") from error

    def _left_s(self) -> float:
        deadline = current.get()
        return self._timeout_s if deadline is None else min(self._timeout_s, deadline.left_s())


def as_json(model: BaseModel) -> Json:
    """One of qdrant-client's models as it is sent."""
    return model.model_dump(mode="json", exclude_none=True)


def filtering(condition: models.Filter) -> Json:
    """The field `filter` of a body; none where everything passes."""
    given = as_json(condition)
    return {"filter": given} if given else {}


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return as_json(value)
    raise TypeError
