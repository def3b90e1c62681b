"""/openapi.json: the API's document. /docs: the same for people, by Swagger UI, all of it from here."""

from pathlib import Path

import flask_swagger_ui
import orjson
from flask import Blueprint, Response, current_app, make_response, render_template

from service.caching import conditional_bytes, conditional_file
from service.openapi import document
from service.operations import Media, operation

blueprint = Blueprint("docs", __name__)

_SWAGGER_UI = Path(flask_swagger_ui.__file__).parent / "dist"
_OWN = Path(__file__).parent / "static"
_FILES = {
    "swagger-ui.css": _SWAGGER_UI,
    "swagger-ui-bundle.js": _SWAGGER_UI,
    "docs.css": _OWN,
    "docs.js": _OWN,
}
# Its icons are SVG in data: addresses. Scripts and styles come as files from here only.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@blueprint.get("/openapi.json")
@operation(None, Media("application/json", "OpenAPI 3.1."), limited=False, conditional=True)
def api_document() -> Response:
    """This document."""
    app = current_app
    if "openapi" not in app.extensions:  # once, and not at the start, which it would delay
        app.extensions["openapi"] = orjson.dumps(document(app))
    return conditional_bytes(app.extensions["openapi"], "application/json")


@blueprint.get("/docs")
@operation(None, answer=None, limited=False)
def docs_page() -> Response:
    response = make_response(render_template("docs.html"))
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.get("/docs/<any({}):name>".format(", ".join(f'"{name}"' for name in _FILES)))
@operation(None, answer=None, limited=False)
def docs_file(name: str) -> Response:
    return conditional_file(_FILES[name] / name)
