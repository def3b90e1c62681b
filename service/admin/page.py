"""GET /admin: the page, and what stands there instead without a key."""

from flask import Blueprint, Response, current_app, g, make_response, render_template, request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException

from catalog.errors import CatalogError
from catalog.settings import Settings
from service import session
from service.access import has_keys
from service.admin import indexed, ingests, software
from service.admin.section import section
from service.errors import KeyInvalid, KeyMissing, RequestError
from service.operations import operation
from service.problems import told
from service.pushing import current_queue

blueprint = Blueprint("admin", __name__, url_prefix=session.PATH)

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@blueprint.get("")
@operation("admin", answer=None, session=True)
def operator_page() -> Response:
    settings: Settings = current_app.extensions["admin_settings"]
    queue = current_queue()
    response = _page(
        "admin/page.html",
        token=session.form_token(),
        signed_in=has_keys(),
        alias=settings.index_alias,
        totals=section(indexed.totals),
        model=indexed.model(),
        collections=section(lambda: indexed.collections(settings)),
        schema=section(indexed.schema),
        store=section(indexed.store),
        runs=section(lambda: ingests.runs(settings)),
        pushes=section(lambda: ingests.pushes(settings, queue)),
        letters=section(lambda: ingests.dead_letters(queue)),
        packages=software.packages(),
        retried=request.args.get("retried", type=int),
        dropped=request.args.get("dropped", type=int),
    )
    if not has_keys():  # nobody signs in, but the forms need their token all the same
        session.begin(response, None)
    return response


@blueprint.errorhandler(HTTPException)
@blueprint.errorhandler(RequestError)
@blueprint.errorhandler(CatalogError)
def error_page(error: Exception) -> Response:
    """Without a key that counts this is where one signs in."""
    problem, headers = told(error)
    asks_key = isinstance(error, KeyMissing | KeyInvalid) and has_keys()
    return _page("admin/refused.html", problem.status, headers, problem=problem, asks_key=asks_key)


def _page(template: str, status: int = 200, headers: Headers | None = None, **shown: object) -> Response:
    response = make_response(
        render_template(template, request_id=g.request_id, **shown), status, headers or {}
    )
    response.headers["Content-Type"] = "text/html; charset=utf-8"
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cache-Control"] = "no-store"
    return response
