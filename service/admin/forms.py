"""Forms of the operator's page: sent by a page of this session, or refused."""

import hmac
from urllib.parse import urlsplit

from flask import request

from service.access import sends_key
from service.errors import FormRefused
from service.session import form_token

_MAX_BYTES = 64 * 1024
_REFUSED = "This form was not sent from a page of this session: open /admin again, and send it from there."


def limit_form() -> None:
    """Before the form is read."""
    request.max_content_length = _MAX_BYTES


def require_own_site() -> None:
    """Raise FormRefused for a form that a browser says was sent from another site's page."""
    fetched_from = request.headers.get("Sec-Fetch-Site")
    if fetched_from is not None:
        is_own = fetched_from in ("same-origin", "none")
    else:  # an old browser, or a program
        origin = request.headers.get("Origin")
        is_own = origin is None or urlsplit(origin).netloc == request.host
    if not is_own:
        raise FormRefused(_REFUSED)


def require_token() -> None:
    """Raise FormRefused for a form without the session's token. A key that is sent is proof enough."""
    require_own_site()
    sent = request.form.get("token", "")
    if not sends_key() and not hmac.compare_digest(sent.encode(), form_token().encode()):
        raise FormRefused(_REFUSED)
