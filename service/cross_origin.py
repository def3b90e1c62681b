"""Lets the pages of listed sites call the API from a browser (CORS)."""

from flask import Flask
from flask_cors import CORS

from catalog.settings import Settings

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
_MAY_SEND = ["Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "X-Request-ID"]
_MAY_READ = ["ETag", "Retry-After", "X-Request-ID"]
# How long a browser remembers a preflight's answer; Chromium keeps none longer.
_REMEMBERED_S = 7200


def install(app: Flask, settings: Settings) -> None:
    """Without a list no header is sent, and browsers keep other sites' pages out."""
    if not settings.cors_origins:
        return
    CORS(
        app,
        origins=list(settings.cors_origins),
        methods=_METHODS,
        allow_headers=_MAY_SEND,
        expose_headers=_MAY_READ,
        max_age=_REMEMBERED_S,
        # Keys come in a header that the page sets itself, never in cookies.
        supports_credentials=False,
        always_send=False,
    )
