"""One deadline for all calls of a request to the store, so that a hanging store holds no thread for long."""

from flask import Flask

from catalog import deadline
from catalog.settings import Settings


def install(app: Flask, settings: Settings) -> None:
    def begin() -> None:
        deadline.current.set(deadline.Deadline(settings.qdrant_timeout_s))

    def end(_: BaseException | None) -> None:
        deadline.current.set(None)  # the thread goes on to other requests

    app.before_request(begin)
    app.teardown_request(end)
