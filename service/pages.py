"""The search page at /: rendered here, whole, from the state that stands in its address; see docs/page.md."""

from typing import Final

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as Redirect

from catalog.errors import CatalogError
from service.errors import RequestError
from service.operations import operation
from service.page.address import Address, PageParameters
from service.page.money import written
from service.page.picture import picture_text
from service.page.view import view_of
from service.problems import told
from service.searcher import current_searcher

blueprint = Blueprint("pages", __name__)
blueprint.add_app_template_filter(written, "money")

# Products' pictures may lie anywhere, since a shop's feed may name its own servers; all else comes from here.
# The small copy of a customer's own picture is a data: address.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' http: https: data:; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)


@blueprint.get("/")
@operation(None, answer=None)
def search_page() -> Response:
    asked, address, searcher = PageParameters.from_page(request.args), _address(), current_searcher()
    wanted, seen = asked.asks_for(searcher)
    answer = searcher.answer(wanted, seen=seen)
    view = view_of(answer, wanted, asked, address, searcher)
    return _html(render_template("search.html", view=view, address=address))


@blueprint.post("/")
@operation(None, answer=None)
def upload_page() -> "Response | Redirect":
    """A picture for the search in the address. Only the next address keeps what the model sees in it."""
    sent = [file.read() for file in request.files.getlist("image")]
    searcher = current_searcher()
    vector = searcher.embedded(next(filter(None, sent), b""))
    return redirect(_address().of_picture(picture_text(vector, searcher.encoder)), 303)


@blueprint.errorhandler(HTTPException)
@blueprint.errorhandler(RequestError)
@blueprint.errorhandler(CatalogError)
@blueprint.errorhandler(MemoryError)
def error_page(error: Exception) -> Response:
    problem, headers = told(error)
    text = render_template("search.html", problem=problem, address=_address())
    return _html(text, problem.status, headers)


def _address() -> Address:
    return Address(url_for("pages.search_page"), request.args)


def _html(text: str, status: int = 200, headers: Headers | None = None) -> Response:
    response = make_response(text, status, headers or {})
    response.headers["Content-Type"] = "text/html; charset=utf-8"
    response.headers["Content-Security-Policy"] = _POLICY
    if status == 200:
        response.headers["Cache-Control"] = "no-cache"  # so that the way back is quick
    return response
