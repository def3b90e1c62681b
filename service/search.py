"""Searches: /v1/search, several at once, and from what a customer liked."""

from flask import Blueprint, Response, g, request

from service.answers import BatchAnswer, Problem, SearchAnswer, json_response
from service.body import naming_fields, read_json, read_search
from service.errors import log_problem, problem_of
from service.parameters import SearchParameters
from service.schemas import BatchRequest, RecommendRequest, SearchRequest
from service.searcher import current_searcher
from service.stages import Stages
from service.validation import validated

blueprint = Blueprint("search", __name__)


@blueprint.post("/v1/search")
def search() -> Response:
    return json_response(_answer(read_search()))


@blueprint.get("/v1/search")
def search_by_address() -> Response:
    parameters = SearchParameters.from_address(request.args)
    return json_response(current_searcher().answer(parameters.to_request()))


@blueprint.post("/v1/recommend")
def recommend() -> Response:
    wanted = read_json(RecommendRequest)
    with naming_fields(wanted):
        return json_response(current_searcher().recommend(wanted))


@blueprint.post("/v1/search/batch")
def search_batch() -> Response:
    """Each search is answered or refused by itself; what hits them all is the answer to the whole call."""
    sent = read_json(BatchRequest).searches
    stages = Stages(g.started)
    read = [_validated(each) for each in sent]
    with stages.timed("encode"):
        current_searcher().warm([each for each in read if isinstance(each, SearchRequest)])
    answers = [_answered(each) if isinstance(each, SearchRequest) else each for each in read]
    return json_response(BatchAnswer(answers=answers, took_ms=stages.took(), request_id=g.request_id))


def _answer(request_: SearchRequest) -> SearchAnswer:
    with naming_fields(request_):
        return current_searcher().answer(request_)


def _validated(sent: object) -> SearchRequest | Problem:
    try:
        return validated(SearchRequest, sent)
    except Exception as error:
        return _problem(error)


def _answered(request_: SearchRequest) -> SearchAnswer | Problem:
    try:
        return _answer(request_)
    except Exception as error:
        return _problem(error)


def _problem(error: Exception) -> Problem:
    """Raises the error again if it is none of the client's."""
    problem, _ = problem_of(error)
    if problem.status >= 500 or problem.status == 409:
        raise error
    log_problem(error, problem)
    return problem
