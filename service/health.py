"""/healthz: the process answers. /readyz: a search would be answered, too."""

from flask import Blueprint, Response

from service.answers import Health, json_response
from service.searcher import current_searcher

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    return json_response(Health(status="alive"))


@blueprint.get("/readyz")
def ready() -> Response:
    searcher = current_searcher()
    # Looks the alias up and compares the models; what it raises is the reason why we are not ready.
    version = searcher.index.version()
    return json_response(Health(status="ready", model=searcher.encoder.name, index_version=version))
