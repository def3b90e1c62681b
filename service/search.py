"""Searches: /v1/search, several at once, and from what a customer liked."""

import time

from flask import Blueprint, Response, g, request

from catalog.errors import (
    CatalogError,
    EncoderUnavailable,
    IndexRefused,
    IndexUnavailable,
    ModelMismatch,
)
from service.answers import BatchAnswer, Problem, SearchAnswer, json_response
from service.body import naming_fields, read_json, read_search
from service.caching import conditional
from service.errors import FieldsInvalid, RequestError
from service.operations import MIXING, READING, SEARCHING, operation
from service.parameters import SearchParameters
from service.problems import told
from service.schemas import BatchRequest, RecommendRequest, SearchRequest
from service.searcher import current_searcher
from service.stages import Stages
from service.validation import validated

blueprint = Blueprint("search", __name__)

# What no single search is to blame for.
_OF_ALL = (EncoderUnavailable, IndexUnavailable, IndexRefused, ModelMismatch)


@blueprint.post("/v1/search")
@operation("search", SearchAnswer, body=SearchRequest, upload=True, raises=MIXING)
def search() -> Response:
    """Search by any weighted mix of words, pictures and items, among the items that pass the filter."""
    return json_response(_answer(read_search()))


@blueprint.get("/v1/search")
@operation("search", SearchAnswer, parameters=SearchParameters, conditional=True, raises=MIXING)
def search_by_address() -> Response:
    """Search by words and items, the simple case: all of it stands in the address."""
    parameters = SearchParameters.from_address(request.args)
    return conditional(current_searcher().answer(parameters.to_request()))


@blueprint.post("/v1/recommend")
@operation("search", SearchAnswer, body=RecommendRequest, raises=SEARCHING)
def recommend() -> Response:
    """Items near to what a customer liked, and far from what they did not."""
    wanted = read_json(RecommendRequest)
    with naming_fields(wanted):
        return json_response(current_searcher().recommend(wanted))


@blueprint.post("/v1/search/batch")
@operation("search", BatchAnswer, body=BatchRequest, raises=(EncoderUnavailable, *READING))
def search_batch() -> Response:
    """Several searches at once, such as a page of carousels.

    Each is answered or refused by itself; what hits them all is the answer to the whole call.
    """
    sent = read_json(BatchRequest).searches
    stages = g.stages = Stages(g.started)
    read = [_validated(each) for each in sent]
    current_searcher().warm([each for each in read if isinstance(each, SearchRequest)], stages)
    answers = [_answered(each, stages) if isinstance(each, SearchRequest) else each for each in read]
    return json_response(
        BatchAnswer.model_construct(answers=answers, took_ms=stages.took(), request_id=g.request_id)
    )


def _answer(wanted: SearchRequest, stages: Stages | None = None) -> SearchAnswer:
    with naming_fields(wanted):
        return current_searcher().answer(wanted, stages)


def _validated(sent: object) -> SearchRequest | Problem:
    try:
        return validated(SearchRequest, sent)
    except FieldsInvalid as error:
        return told(error)[0]


def _answered(wanted: SearchRequest, whole: Stages) -> SearchAnswer | Problem:
    stages = Stages(time.perf_counter())
    try:
        return _answer(wanted, stages)
    except _OF_ALL:
        raise
    except (RequestError, CatalogError) as error:
        return told(error)[0]
    finally:
        whole.add(stages)
