"""GET /v1/items/{id} and what is similar to it."""

from flask import Blueprint, Response, request

from catalog.errors import ItemNotFound
from service.answers import ItemAnswer, SearchAnswer
from service.caching import conditional
from service.operations import READING, SEARCHING, operation
from service.parameters import ListingParameters
from service.products import item_answer
from service.searcher import current_searcher

blueprint = Blueprint("items", __name__)


@blueprint.get("/v1/items/<item_id:item_id>")
@operation("search", ItemAnswer, conditional=True, raises=(ItemNotFound, *READING))
def item(item_id: str) -> Response:
    """One item, with all its pictures."""
    return conditional(item_answer(current_searcher().index.get_item(item_id)))


@blueprint.get("/v1/items/<item_id:item_id>/similar")
@operation("search", SearchAnswer, parameters=ListingParameters, conditional=True, raises=SEARCHING)
def similar(item_id: str) -> Response:
    """What looks like one item, for its product page: first of its own category, then of any."""
    # WSGI decodes %2F before routing, so only the raw address tells whether this slash is part of the id.
    if request.environ.get("RAW_URI", "").partition("?")[0].lower().endswith("%2fsimilar"):
        return item(f"{item_id}/similar")
    wanted = ListingParameters.from_address(request.args).to_request()
    return conditional(current_searcher().similar(item_id, wanted))
