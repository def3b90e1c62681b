"""What keys, limits, metrics, logs and gzip add to a request: `python -m bench.request_overhead`.

Calls the WSGI application itself, without a network, for a route whose view has an answer of 24 items ready.
Prints the median of each, and what it adds to the same view in a plain Flask application. An argument names a
Redis, to measure the limit with it too.
"""

import io
import logging
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import orjson
from flask import Flask, Response

from bench.machine import machine
from catalog.api_keys import parse_api_keys
from catalog.index import ItemIndex
from catalog.settings import Settings
from service.app import create_app
from service.operations import Media, operation
from tests.service_doubles import ColourEncoder

_KEY = "search-0123456789abcdef"
_ROUNDS, _CALLS = 40, 50
_PRODUCT = {
    "title": "Ostrelle long-sleeved wrap midi dress, red", "category": "dresses", "price": 58.95,
    "description": "Long-sleeved wrap midi dress in red, made of soft cotton.", "colour": "red",
    "in_stock": True,
}  # fmt: skip


def main() -> None:
    print(machine())
    logging.getLogger().addHandler(logging.StreamHandler(open(os.devnull, "w")))
    logging.getLogger().setLevel(logging.INFO)
    calls = _calls(*sys.argv[1:])
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(_ROUNDS):  # in turns, so that a slower moment of the machine is everyone's
        for name, call in calls.items():
            started = time.perf_counter()
            for _ in range(_CALLS):
                call()
            times[name].append((time.perf_counter() - started) / _CALLS)
    plain = statistics.median(times["plain Flask"])
    print(f"{'':<30} {'ms':>7} {'added':>7}")
    for name, measured in times.items():
        median = statistics.median(measured)
        print(f"{name:<30} {1000 * median:7.3f} {1000 * (median - plain):7.3f}")


def _calls(redis_url: str = "") -> dict[str, Callable[[], None]]:
    keys = parse_api_keys(f"search:{_KEY}")
    limited = {"rate_limit": "100000000/minute", "api_keys": keys}
    calls = {
        "plain Flask": _call(Flask("plain")),
        "service, loopback, no limit": _call(_service(rate_limit="off")),
        "+ key": _call(_service(rate_limit="off", api_keys=keys)),
        "+ key, limit in memory": _call(_service(**limited)),
        "+ key, limit, gzip": _call(_service(**limited), "gzip"),
    }
    if redis_url:
        calls["+ key, limit in Redis"] = _call(_service(**limited, redis_url=redis_url))
    return calls


def _service(**settings: Any) -> Flask:
    index = object.__new__(ItemIndex)  # never asked
    return create_app(Settings(_env_file=None, **settings), ColourEncoder(), index)


def _call(app: Flask, encoding: str = "") -> Callable[[], None]:
    answer = orjson.dumps({"items": [{"id": f"A{n}", "score": n / 24, **_PRODUCT} for n in range(24)]})

    @app.get("/bench")
    @operation("search", Media("application/json", "bench"))
    def view() -> Response:
        return Response(answer, content_type="application/json")

    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": "/bench", "QUERY_STRING": "text=red",
        "REMOTE_ADDR": "127.0.0.1", "SERVER_NAME": "localhost", "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http", "wsgi.errors": io.StringIO(),
        "HTTP_AUTHORIZATION": f"Bearer {_KEY}", "HTTP_ACCEPT_ENCODING": encoding,
    }  # fmt: skip

    def call() -> None:
        body = app.wsgi_app({**environ, "wsgi.input": io.BytesIO()}, lambda *_: lambda _: None)
        assert sum(map(len, body)) > 100
        body.close()  # type: ignore[attr-defined]

    call()
    return call


if __name__ == "__main__":
    main()
