"""Signing in with an admin key, and out again."""

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from service import session
from service.access import has_keys, key_named
from service.admin.forms import limit_form, require_own_site, require_token
from service.errors import KeyInvalid, ScopeMissing
from service.limits import count_sign_in
from service.operations import operation

blueprint = Blueprint("sessions", __name__)


@blueprint.post("/sign-in")
@operation(None, answer=None)
def sign_in() -> AnyResponse:
    """The key comes in the body of a form, so that it stands in no address and no log."""
    limit_form()
    require_own_site()
    response = redirect(url_for("admin.operator_page"), 303)
    if has_keys():
        count_sign_in()
        key = key_named(request.form.get("key", "").strip())
        if key is None:
            raise KeyInvalid("This key is not known here.")
        if not key.allows("admin"):
            raise ScopeMissing("This key lacks the scope 'admin', which this page asks for.")
        session.begin(_flask(response), key)
    return response


@blueprint.post("/sign-out")
@operation("admin", answer=None, session=True)
def sign_out() -> AnyResponse:
    limit_form()
    require_token()
    response = redirect(url_for("admin.operator_page"), 303)
    session.end(_flask(response))
    return response


def _flask(response: AnyResponse) -> Response:
    assert isinstance(response, Response)  # noqa: S101 - Flask's own redirect() makes one
    return response
