"""A request id for every request, taken over or made, and one line in the log."""

import logging
import re
import time
import uuid
from urllib.parse import quote

from flask import Flask, Response, g, request

from catalog.log import request_id

_HEADER = "X-Request-ID"
# Anything else could forge lines in a log that trusts the id.
_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,64}")

_log = logging.getLogger(__name__)


def install(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(_forget)


def _begin() -> None:
    g.started = time.perf_counter()
    sent = request.headers.get(_HEADER, "")
    g.request_id = sent if _ACCEPTED.fullmatch(sent) else uuid.uuid4().hex
    request_id.set(g.request_id)


def _end(response: Response) -> Response:
    response.headers[_HEADER] = g.request_id
    seen = {
        "method": request.method,
        # Quoted again, since a decoded path may hold a line break. Without the query, which is a customer's.
        "path": quote(request.path),
        "status": response.status_code,
        "ms": round(1000 * (time.perf_counter() - g.started), 1),
    }
    line = "request: method=%s path=%s status=%d ms=%.1f request_id=%s"
    _log.info(line, *seen.values(), g.request_id, extra=seen)
    return response


def _forget(_: BaseException | None) -> None:
    request_id.set(None)
