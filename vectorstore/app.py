"""The ASGI application: keys, body limit, routing."""

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, MutableMapping
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import orjson

from vectorstore import snapshot_calls
from vectorstore.calls import Call
from vectorstore.envelope import failure, success
from vectorstore.errors import BodyTooLarge, CallerGone, ReadOnly, Unauthorized
from vectorstore.metrics import Metrics
from vectorstore.routes import only_reads, route
from vectorstore.settings import Settings
from vectorstore.store import Store

_HEALTH = {
    "/healthz": b"healthz check passed",
    "/livez": b"livez check passed",
    "/readyz": b"all shards are ready",
}
_JSON = b"application/json"
_TEXT = b"text/plain; charset=utf-8"
_FILE = b"application/octet-stream"
_CHUNK_BYTES = 1024 * 1024

_Scope = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class App:
    """Answers Qdrant's REST calls from a store."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._metrics = Metrics(store)
        # The API that is spoken: requests are parsed with this client's models.
        title = f"vectorstore - Qdrant Edge {version('qdrant-edge-py')} behind Qdrant's REST calls"
        self._version = orjson.dumps({"title": title, "version": version("qdrant-client")})

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        if scope["type"] != "http":
            return
        started_s = time.perf_counter()
        content_type = _JSON
        body: bytes | Path
        if scope["path"] in _HEALTH:
            status, content_type, body = 200, _TEXT, _HEALTH[scope["path"]]
        elif scope["path"] == "/":
            status, body = 200, self._version
        else:
            content_type = _TEXT if scope["path"] == "/metrics" else _JSON
            try:
                status, body = await self._answer(scope, receive, started_s)
            except CallerGone:
                return
            except Exception as error:  # the caller gets every failure, see failure()
                content_type = _JSON
                status, body = failure(started_s, error, f"{scope['method']} {scope['path']}")
        self._metrics.count(status, time.perf_counter() - started_s)
        if isinstance(body, Path):
            return await _send_file(send, body)
        headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
        if status == 503:
            headers.append((b"retry-after", b"1"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: _Scope, receive: _Receive, started_s: float) -> tuple[int, bytes | Path]:
        method: str = scope["method"]
        parts = tuple(unquote(part) for part in scope["raw_path"].decode("latin-1").strip("/").split("/"))
        self._check_key(scope, method, parts)
        if parts == ("metrics",):
            return 200, await self._metrics.text()
        if snapshot_calls.is_upload(method, parts):
            return 200, success(started_s, await self._upload(scope, parts[1], receive))
        if snapshot_calls.is_download(method, parts):
            call = Call(self._store, method, parts, scope["query_string"], b"", started_s)
            return 200, snapshot_calls.file_of(call)
        answer = route(method, parts)
        body = await self._body(scope, receive)
        return await answer(Call(self._store, method, parts, scope["query_string"], body, started_s))

    async def _upload(self, scope: _Scope, collection: str, receive: _Receive) -> bool:
        headers = dict(scope["headers"])
        declared = int(headers.get(b"content-length", 0))
        kind = headers.get(b"content-type", b"")
        return await snapshot_calls.upload(
            self._store, collection, scope["query_string"], kind, declared, receive
        )

    def _check_key(self, scope: _Scope, method: str, parts: tuple[str, ...]) -> None:
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
        if not only_reads(method, parts):
            raise ReadOnly("Forbidden: Global write access is required")

    async def _body(self, scope: _Scope, receive: _Receive) -> bytes:
        limit = self._settings.max_body_bytes
        declared = next((int(value) for name, value in scope["headers"] if name == b"content-length"), 0)
        chunks: list[bytes] = []
        received = 0
        more = declared <= limit
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise CallerGone
            chunks.append(message.get("body", b""))
            received += len(chunks[-1])
            more = message.get("more_body", False) and received <= limit
        if max(declared, received) > limit:
            raise BodyTooLarge(f"Payload reached size limit: JSON payload is larger than {limit} bytes")
        return b"".join(chunks) if len(chunks) > 1 else chunks[0]


async def _send_file(send: _Send, path: Path) -> None:
    """Chunk by chunk. A file that is deleted meanwhile is sent to its end."""
    with path.open("rb") as file:
        size = str(path.stat().st_size).encode()
        headers = [(b"content-type", _FILE), (b"content-length", size)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _same(given: bytes, key: str | None) -> bool:
    return key is not None and hmac.compare_digest(given, key.encode())


def _key_of(scope: _Scope) -> bytes | None:
    for name, value in scope["headers"]:
        if name == b"api-key":
            return bytes(value)
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            return bytes(value[7:])
    return None
