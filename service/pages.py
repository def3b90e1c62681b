"""The search page at /: one server-rendered page whose state stands in its address."""

from pathlib import Path

from flask import Blueprint, Response, make_response, render_template, request
from werkzeug.datastructures import Headers, MultiDict
from werkzeug.exceptions import HTTPException

from catalog.errors import CatalogError
from service.answers import SearchAnswer
from service.body import with_upload
from service.caching import conditional_file
from service.errors import RequestError
from service.operations import operation
from service.parameters import SearchParameters
from service.problems import told
from service.schemas import SearchRequest
from service.searcher import current_searcher

blueprint = Blueprint("pages", __name__)

_FILES = Path(__file__).parent / "static"

# Products' pictures may lie anywhere, since a shop's feed may name its own servers; all else comes from here.
_POLICY = "default-src 'self'; img-src 'self' http: https: data:; form-action 'self'; frame-ancestors 'self'"


@blueprint.get("/")
@operation(None, answer=None)
def search_page() -> Response:
    # An empty box is sent along by the form; it means that nothing was asked for.
    asked = MultiDict((name, value) for name, value in request.args.items(multi=True) if value.strip())
    answer = current_searcher().answer(SearchParameters.from_address(asked).to_request())
    return _page(answer, asked)


@blueprint.post("/")
@operation(None, answer=None)
def upload_page() -> Response:
    picture = request.files["image"].read() if "image" in request.files else b""
    answer = current_searcher().answer(with_upload(SearchRequest(), picture))
    return _page(answer, MultiDict({"image": "your picture"}))


@blueprint.get('/static/<any("page.css", "page.js"):name>')
@operation(None, answer=None, limited=False)
def page_file(name: str) -> Response:
    return conditional_file(_FILES / name)


def _page(answer: SearchAnswer, asked: "MultiDict[str, str]") -> Response:
    return _html(render_template("search.html", answer=answer, asked=asked))


@blueprint.errorhandler(HTTPException)
@blueprint.errorhandler(RequestError)
@blueprint.errorhandler(CatalogError)
def error_page(error: Exception) -> Response:
    problem, headers = told(error)
    text = render_template("search.html", problem=problem, asked=request.args)
    return _html(text, problem.status, headers)


def _html(text: str, status: int = 200, headers: Headers | None = None) -> Response:
    response = make_response(text, status, headers or {})
    response.headers["Content-Type"] = "text/html; charset=utf-8"
    response.headers["Content-Security-Policy"] = _POLICY
    if status == 200:
        response.headers["Cache-Control"] = "no-cache"  # so that the way back is quick
    return response
