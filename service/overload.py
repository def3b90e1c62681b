"""Says no at once where an answer would come too late, so that the others come in time.

Without this, requests that are more than the worker can answer wait in gunicorn without an end to it: all of
them become slow, and clients that gave up long ago are answered.
"""

import math

from flask import Flask, current_app, g, request

from catalog.settings import Settings
from service.admission import Admission, NoRoom
from service.errors import Overloaded
from service.operations import operation_of

_LONGEST_RETRY_S = 30


def install(app: Flask, settings: Settings) -> None:
    """Routes without a rate limit, such as /healthz and /metrics, need no turn."""
    app.extensions["admission"] = Admission(settings.overload_wait_s)
    app.before_request(_enter)
    app.teardown_request(_leave)


def _enter() -> None:
    """Raises Overloaded."""
    operation = operation_of(request.endpoint)
    if operation is None or not operation.limited or request.method == "OPTIONS":
        return
    try:
        _admission().enter()
    except NoRoom as error:
        raise Overloaded(max(1, min(math.ceil(error.wait_s), _LONGEST_RETRY_S))) from error
    g.has_turn = True


def _leave(_: BaseException | None) -> None:
    if g.pop("has_turn", False):
        _admission().leave()


def _admission() -> Admission:
    admission: Admission = current_app.extensions["admission"]
    return admission
