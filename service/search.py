"""GET and POST /v1/search."""

from flask import Blueprint, Response, request

from service.answers import SearchAnswer, json_response
from service.body import read_search
from service.caching import conditional
from service.operations import MIXING, SEARCHING, operation
from service.parameters import SearchParameters
from service.schemas import SearchRequest
from service.searcher import current_searcher

blueprint = Blueprint("search", __name__)


@blueprint.post("/v1/search")
@operation("search", SearchAnswer, body=SearchRequest, upload=True, raises=MIXING)
def search() -> Response:
    """Search by any weighted mix of words, pictures and items, among the items that pass the filter."""
    return json_response(current_searcher().answer(read_search()))


@blueprint.get("/v1/search")
@operation("search", SearchAnswer, parameters=SearchParameters, conditional=True, raises=SEARCHING)
def search_by_address() -> Response:
    """Search by words and items, the simple case: all of it stands in the address."""
    parameters = SearchParameters.from_address(request.args)
    return conditional(current_searcher().answer(parameters.to_request()))
