"""The search page at /: one server-rendered page whose state stands in its address."""

from flask import Blueprint, Response, make_response, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from catalog.errors import CatalogError
from service.answers import SearchAnswer
from service.body import with_upload
from service.errors import RequestError, log_problem, problem_of
from service.parameters import SearchParameters
from service.schemas import SearchRequest
from service.searcher import current_searcher

blueprint = Blueprint("pages", __name__)

# Products' pictures may lie anywhere, since a shop's feed may name its own servers; all else comes from here.
_POLICY = "default-src 'self'; img-src 'self' http: https: data:; form-action 'self'; frame-ancestors 'self'"


@blueprint.get("/")
def search_page() -> Response:
    # An empty box is sent along by the form; it means that nothing was asked for.
    asked = MultiDict((name, value) for name, value in request.args.items(multi=True) if value.strip())
    answer = current_searcher().answer(SearchParameters.from_address(asked).to_request())
    return _page(answer, asked)


@blueprint.post("/")
def upload_page() -> Response:
    picture = request.files["image"].read() if "image" in request.files else b""
    answer = current_searcher().answer(with_upload(SearchRequest(), picture))
    return _page(answer, MultiDict({"image": "your picture"}))


def _page(answer: SearchAnswer, asked: "MultiDict[str, str]") -> Response:
    return _html(render_template("search.html", answer=answer, asked=asked))


@blueprint.errorhandler(HTTPException)
@blueprint.errorhandler(RequestError)
@blueprint.errorhandler(CatalogError)
def error_page(error: Exception) -> Response:
    problem, kind = problem_of(error)
    log_problem(error, problem)
    response = _html(render_template("search.html", problem=problem, asked=request.args), problem.status)
    if kind.retry_after_s is not None:
        response.headers["Retry-After"] = str(kind.retry_after_s)
    return response


def _html(text: str, status: int = 200) -> Response:
    response = make_response(text, status)
    response.headers["Content-Security-Policy"] = _POLICY
    return response
