"""GET and POST /v1/search."""

from flask import Blueprint, Response, request

from service.answers import json_response
from service.body import read_search
from service.parameters import SearchParameters
from service.searcher import current_searcher

blueprint = Blueprint("search", __name__)


@blueprint.post("/v1/search")
def search() -> Response:
    return json_response(current_searcher().answer(read_search()))


@blueprint.get("/v1/search")
def search_by_address() -> Response:
    parameters = SearchParameters.from_address(request.args)
    return json_response(current_searcher().answer(parameters.to_request()))
