"""The ASGI application: keys, body limit, routing, and Qdrant's envelope around every answer."""

import asyncio
import hmac
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from importlib.metadata import version
from typing import Any
from urllib.parse import unquote

import orjson

from vectorstore.calls import Call
from vectorstore.errors import BodyTooLarge, ReadOnly, StoreError, Unauthorized
from vectorstore.metrics import Metrics
from vectorstore.routes import only_reads, route
from vectorstore.settings import Settings
from vectorstore.store import Store

_log = logging.getLogger(__name__)
_HEALTH = {
    "/healthz": b"healthz check passed",
    "/livez": b"livez check passed",
    "/readyz": b"all shards are ready",
}
_JSON = b"application/json"
_TEXT = b"text/plain; charset=utf-8"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class App:
    """Answers Qdrant's REST calls from a store."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._metrics = Metrics(store)
        # The API that is spoken: requests are parsed with this client's models.
        self._version = {
            "title": f"vectorstore - Qdrant Edge {version('qdrant-edge-py')} behind Qdrant's REST calls",
            "version": version("qdrant-client"),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        started_s = time.perf_counter()
        status, content_type, body = await self._answer(scope, receive, started_s)
        self._metrics.count(status, time.perf_counter() - started_s)
        headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive, started_s: float) -> tuple[int, bytes, bytes]:
        path: str = scope["path"]
        if path in _HEALTH:
            return 200, _TEXT, _HEALTH[path]
        if path == "/":
            return 200, _JSON, orjson.dumps(self._version)
        try:
            parts = tuple(unquote(part) for part in scope["raw_path"].decode("latin-1").strip("/").split("/"))
            self._check_key(scope, parts)
            if path == "/metrics":
                return 200, _TEXT, self._metrics.text()
            answer = route(scope["method"], parts)
            body = await self._body(scope, receive)
            call = Call(self._store, scope["method"], parts, scope["query_string"], body)
            return 200, _JSON, _envelope(started_s, "ok", await answer(call))
        except StoreError as error:
            if error.status == 500:
                _log.error("%s %s failed", scope["method"], path, exc_info=error)
            return error.status, _JSON, _envelope(started_s, {"error": str(error)}, None)
        except asyncio.CancelledError:
            raise
        except Exception:
            # The last line of defence: the client learns that it is our fault, the log learns what it was.
            _log.exception("%s %s failed", scope["method"], path)
            return 500, _JSON, _envelope(started_s, {"error": "Service internal error: see the log"}, None)

    def _check_key(self, scope: Scope, parts: tuple[str, ...]) -> None:
        """As the real server: an unknown key is 401, a read-only key on a write is 403."""
        settings = self._settings
        if settings.api_key is None and settings.read_only_api_key is None:
            return
        given = _key_of(scope)
        if given is None:
            raise Unauthorized("Must provide an API key or an Authorization bearer token")
        if _same(given, settings.api_key):
            return
        if not _same(given, settings.read_only_api_key):
            raise Unauthorized("Invalid API key or JWT")
        if not only_reads(scope["method"], parts):
            raise ReadOnly("Forbidden: Global write access is required")

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        limit = self._settings.max_body_bytes
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        chunks: list[bytes] = []
        size = int(declared)
        received = 0
        more = size <= limit
        while more:
            message = await receive()
            chunks.append(message.get("body", b""))
            received += len(chunks[-1])
            more = message.get("more_body", False) and received <= limit
        if max(size, received) > limit:
            raise BodyTooLarge(f"Payload reached size limit: JSON payload is larger than {limit} bytes")
        return b"".join(chunks) if len(chunks) > 1 else chunks[0]


def _same(given: bytes, key: str | None) -> bool:
    return key is not None and hmac.compare_digest(given, key.encode())


def _key_of(scope: Scope) -> bytes | None:
    for name, value in scope["headers"]:
        if name == b"api-key":
            return bytes(value)
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            return bytes(value[7:])
    return None


def _envelope(started_s: float, status: Any, result: Any) -> bytes:
    return orjson.dumps({"result": result, "status": status, "time": time.perf_counter() - started_s})
