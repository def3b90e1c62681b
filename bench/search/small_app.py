"""The app of a service that answers GET /search and nothing else."""

from collections.abc import Callable, Mapping

from flask import Flask, Response, request


def app_of(answer: Callable[[Mapping[str, str]], bytes]) -> Flask:
    """`answer`: makes a search's JSON from the parameters of its address."""
    app = Flask(__name__)

    @app.get("/healthz")
    def alive() -> Response:
        return Response("alive")

    @app.get("/search")
    def search() -> Response:
        return Response(answer(request.args), content_type="application/json")

    return app
