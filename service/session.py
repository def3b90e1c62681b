"""The cookie that stands for a key at /admin, since a browser cannot send `Authorization: Bearer` by itself.

It is signed by a secret that is derived from the key which signed in. So every worker process can read it,
a restart forgets nothing, no setting is needed, and it is worth nothing once the key is withdrawn. The key
itself cannot be read out of it. Without keys it only carries the token of the forms.
"""

import hmac
import secrets
from collections.abc import Sequence
from hashlib import sha256

from flask import Response, g, request
from itsdangerous import BadData, URLSafeTimedSerializer

from catalog.api_keys import ApiKey

COOKIE = "vitrine_admin"
# Long enough to look through a long ingest, too short to be worth stealing the next day.
LIFE_S = 3600
PATH = "/admin"

_PURPOSE = b"vitrine: session at /admin, 1"


def signed_in(keys: Sequence[ApiKey]) -> ApiKey | None:
    """The key that the request's cookie stands for; None if it is forged, too old, or of no key of ours."""
    found = None
    for key in keys:  # one after another takes as long whichever it is of
        token = _token(key)
        if token is not None:
            found, g.form_token = key, token
    return found


def form_token() -> str:
    """What the forms of this browser's pages send along, as no other site's form could."""
    if "form_token" not in g:
        g.form_token = _token(None) or _new_token()
    token: str = g.form_token
    return token


def begin(response: Response, key: ApiKey | None) -> None:
    """Sign the browser in. `key`: None where the service has none."""
    _set(response, _serializer(key).dumps(_new_token() if key is not None else form_token()))


def end(response: Response) -> None:
    response.delete_cookie(COOKIE, path=PATH, secure=request.is_secure, httponly=True, samesite="Strict")


def _set(response: Response, value: str | bytes) -> None:
    text = value if isinstance(value, str) else value.decode()
    response.set_cookie(
        COOKIE, text, max_age=LIFE_S, path=PATH, secure=request.is_secure, httponly=True, samesite="Strict"
    )


def _token(key: ApiKey | None) -> str | None:
    try:
        token = _serializer(key).loads(request.cookies.get(COOKIE, ""), max_age=LIFE_S)
    except BadData:
        return None
    return token if isinstance(token, str) else None


def _new_token() -> str:
    return secrets.token_urlsafe(24)


def _serializer(key: ApiKey | None) -> URLSafeTimedSerializer:
    secret = hmac.digest(key.digest if key is not None else b"", _PURPOSE, "sha256")
    return URLSafeTimedSerializer(secret, signer_kwargs={"key_derivation": "hmac", "digest_method": sha256})
