"""A request id for every request, taken over or made, and one line in the log."""

import logging
import re
import time
import uuid
from urllib.parse import quote

from flask import Flask, Response, g, request

_HEADER = "X-Request-ID"
# Anything else could forge lines in a log that trusts the id.
_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,64}")

_log = logging.getLogger(__name__)


def install(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.started = time.perf_counter()
    sent = request.headers.get(_HEADER, "")
    g.request_id = sent if _ACCEPTED.fullmatch(sent) else uuid.uuid4().hex


def _end(response: Response) -> Response:
    response.headers[_HEADER] = g.request_id
    response.headers["X-Content-Type-Options"] = "nosniff"
    _log.info(
        "request: method=%s path=%s status=%d ms=%.1f request_id=%s",
        request.method,
        # Quoted again, since a decoded path may hold a line break.
        quote(request.path),
        response.status_code,
        1000 * (time.perf_counter() - g.started),
        g.request_id,
    )
    return response
