"""/healthz: the process answers. /readyz: a search would be answered, too."""

from flask import Blueprint, Response

from service.answers import Health, json_response
from service.operations import READING, operation
from service.searcher import current_searcher

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@operation(None, Health, limited=False)
def alive() -> Response:
    """Whether the process answers."""
    return json_response(Health(status="alive"))


@blueprint.get("/readyz")
@operation(None, Health, limited=False, raises=READING)
def ready() -> Response:
    """Whether a search would be answered: the model is loaded, and the index is there and its own."""
    searcher = current_searcher()
    # Looks the alias up and compares the models; what it raises is the reason why we are not ready.
    version = searcher.index.version()
    return json_response(Health(status="ready", model=searcher.encoder.name, index_version=version))
