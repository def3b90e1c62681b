"""GET /v1/items/{id} and what is similar to it."""

from flask import Blueprint, Response, request

from service.answers import item_answer, json_response
from service.parameters import ListingParameters
from service.searcher import current_searcher

blueprint = Blueprint("items", __name__)


@blueprint.get("/v1/items/<item_id:item_id>")
def item(item_id: str) -> Response:
    return json_response(item_answer(current_searcher().index.get_item(item_id)))


@blueprint.get("/v1/items/<item_id:item_id>/similar")
def similar(item_id: str) -> Response:
    # WSGI decodes %2F before routing, so only the raw address tells whether this slash is part of the id.
    if request.environ.get("RAW_URI", "").partition("?")[0].lower().endswith("%2fsimilar"):
        return item(f"{item_id}/similar")
    wanted = ListingParameters.from_address(request.args).to_request()
    return json_response(current_searcher().similar(item_id, wanted))
