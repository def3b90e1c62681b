"""GET /v1/items/{id} and what is similar to it."""

from flask import Blueprint, Response, request

from catalog.errors import ItemNotFound
from service.answers import ItemAnswer, SearchAnswer, item_answer
from service.caching import conditional
from service.operations import READING, SEARCHING, operation
from service.parameters import FilterParameters
from service.schemas import QueryPart
from service.searcher import current_searcher

blueprint = Blueprint("items", __name__)


@blueprint.get("/v1/items/<item_id:item_id>")
@operation("search", ItemAnswer, conditional=True, raises=(ItemNotFound, *READING))
def item(item_id: str) -> Response:
    """One item, with all its pictures."""
    return conditional(item_answer(current_searcher().index.get_item(item_id)))


@blueprint.get("/v1/items/<item_id:item_id>/similar")
@operation("search", SearchAnswer, parameters=FilterParameters, conditional=True, raises=SEARCHING)
def similar(item_id: str) -> Response:
    """What looks like one item, for its product page."""
    # WSGI decodes %2F before routing, so only the raw address tells whether this slash is part of the id.
    if request.environ.get("RAW_URI", "").partition("?")[0].lower().endswith("%2fsimilar"):
        return item(f"{item_id}/similar")
    wanted = FilterParameters.from_address(request.args).to_request()
    # Not validated: an id that no item can have is one that is not found.
    part = QueryPart.model_construct(item_id=item_id, weight=1.0, text=None, image=None)
    return conditional(current_searcher().answer(wanted.model_copy(update={"query": [part]})))
