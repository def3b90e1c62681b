"""An app of the tests on a real port, for clients that speak HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from werkzeug.serving import make_server

from tests.servers import at_work


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Yield the app's address while it is served there, by a thread a request."""
    with at_work(make_server("127.0.0.1", 0, app, threaded=True)) as url:
        yield url
