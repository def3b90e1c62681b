"""How many requests a key may send, or an address that sends none."""

import math
import time
from typing import Any

from flask import Flask, current_app, g, request
from flask_limiter import Limiter, RequestLimit
from flask_limiter.util import get_remote_address

from catalog.settings import Settings
from service.access import current_key
from service.errors import RateLimited
from service.operations import operation_of

# A Redis that hangs must not hold requests up: it is given up for a while after this long.
_REDIS_TIMEOUT_S = 0.25
# A person mistypes a few times; whoever guesses gets nowhere.
_SIGN_INS = "10/minute"


def install(app: Flask, settings: Settings) -> None:
    """With Redis all workers count together; without, or while it is away, each process counts for itself."""
    timeouts: dict[str, Any] = {
        "socket_timeout": _REDIS_TIMEOUT_S,
        "socket_connect_timeout": _REDIS_TIMEOUT_S,
    }
    limiter = Limiter(
        _counted_as,
        app=app,
        application_limits=[] if settings.rate_limit == "off" else [settings.rate_limit],
        application_limits_exempt_when=_exempt,
        storage_uri=settings.redis_url or "memory://",
        storage_options=timeouts if settings.redis_url else {},
        # Two full windows never meet at their border, as they may with a fixed one.
        strategy="sliding-window-counter",
        in_memory_fallback_enabled=True,
        key_prefix="vitrine",
        on_breach=_remember,
    )
    app.extensions["sign_ins"] = limiter.limit(_SIGN_INS, key_func=get_remote_address)


def count_sign_in() -> None:
    """Raises Flask-Limiter's RateLimitExceeded if this address has tried too often; RATE_LIMIT or not."""
    with current_app.extensions["sign_ins"]:
        pass


def breached() -> RateLimited:
    """What the current request is refused with."""
    error: RateLimited = g.rate_limited
    return error


def _counted_as() -> str:
    """A key that is wrong counts as its address, so that guessing has a limit too."""
    key = current_key()
    return key.digest.hex() if key is not None else get_remote_address()


def _exempt() -> bool:
    operation = operation_of(request.endpoint)
    return request.method == "OPTIONS" or (operation is not None and not operation.limited)


def _remember(limit: RequestLimit) -> None:
    wait_s = max(1, math.ceil(limit.reset_at - time.time()))
    g.rate_limited = RateLimited(str(limit.limit), wait_s)
