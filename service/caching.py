"""ETag and Cache-Control: what a browser or a shop's CDN may keep, and for how long."""

import hashlib
from pathlib import Path
from typing import Final

from flask import Flask, Response, current_app, request

from catalog.settings import Settings
from service.answers import Answer, ItemAnswer, json_response

# From the first of these on, the end of an answer differs each time that the same thing is asked.
_PASSING = ("took_ms", "request_id")
KINDS: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def install(app: Flask, settings: Settings) -> None:
    app.extensions["cache_control"] = _cache_control(settings)
    app.after_request(_set_cache_control)


def conditional(answer: Answer | ItemAnswer) -> Response:
    """The answer with an ETag over what lasts of it, or 304 if the client has that already."""
    response = json_response(answer)
    body = response.get_data()
    # Inside a text the quotes would be escaped.
    ends = [body.rfind(f',"{name}":'.encode()) for name in _PASSING if hasattr(answer, name)]
    return _tagged(response, body[: min(ends, default=len(body))])


def conditional_bytes(body: bytes, content_type: str) -> Response:
    return _tagged(Response(body, content_type=content_type), body)


def conditional_file(path: Path) -> Response:
    """A style sheet, script or drawing of ours, which is small enough to be read whole."""
    return conditional_bytes(path.read_bytes(), f"{KINDS[path.suffix]}; charset=utf-8")


def _tagged(response: Response, lasting: bytes) -> Response:
    # Weak: two answers with equal tags mean the same, but are not the same bytes.
    response.set_etag(hashlib.blake2b(lasting, digest_size=12).hexdigest(), weak=True)
    if "If-None-Match" in request.headers:  # to find that there is nothing to compare takes 0.1 ms
        response.make_conditional(request)
    return response


def _cache_control(settings: Settings) -> str:
    """Of a GET that was answered. What a key is told is its own, unless CACHE_PUBLIC says otherwise."""
    fresh = f"max-age={settings.cache_max_age_s}" if settings.cache_max_age_s else "no-cache"
    if settings.cache_public:
        return f"public, {fresh}"
    return f"private, {fresh}" if settings.api_keys else fresh


def _set_cache_control(response: Response) -> Response:
    if "Cache-Control" not in response.headers:
        kept = request.method in ("GET", "HEAD") and response.status_code in (200, 304)
        response.headers["Cache-Control"] = (
            current_app.extensions["cache_control"] if kept and "ETag" in response.headers else "no-store"
        )
    return response
