"""Who may call what: API keys with scopes; without keys, only who calls from this machine."""

from functools import lru_cache
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request

from catalog.api_keys import ApiKey, Scope, matching
from catalog.loopback import on_loopback
from catalog.settings import Settings
from service.errors import KeyInvalid, KeyMissing, ScopeMissing
from service.operations import operation_of
from service.session import signed_in

_HOW = "Send a key: Authorization: Bearer KEY."


def install(app: Flask, settings: Settings) -> None:
    app.extensions["api_keys"] = settings.api_keys
    app.before_request(_check)


def current_key() -> ApiKey | None:
    """The key that the current request sent, or signed in with where that counts, if it is one of ours."""
    if "key" not in g:
        g.key = matching(_keys(), _sent())
        operation = operation_of(request.endpoint)
        if operation is not None and operation.session and not sends_key():
            g.key = signed_in(_keys())
    key: ApiKey | None = g.key
    return key


def sends_key() -> bool:
    """Whether the request sends a key by itself, as no browser does that another site's page has led here."""
    return "Authorization" in request.headers


def has_keys() -> bool:
    return bool(_keys())


def key_named(sent: str) -> ApiKey | None:
    """The key that is `sent`, if it is one of ours."""
    return matching(_keys(), sent)


def _sent() -> str:
    sent = request.authorization
    return sent.token or "" if sent is not None and sent.type == "bearer" else ""


def _keys() -> tuple[ApiKey, ...]:
    keys: tuple[ApiKey, ...] = current_app.extensions["api_keys"]
    return keys


def _check() -> None:
    """Raises KeyMissing, KeyInvalid or ScopeMissing."""
    if request.url_rule is None or request.method == "OPTIONS":  # no view will run
        return
    if not _keys():
        if not on_loopback(request.remote_addr):
            raise KeyMissing("This service has no API keys, so it answers on its own machine only.")
        if not _names_this_machine(request.host):
            raise KeyMissing("This service has no API keys, so it answers only as localhost or 127.0.0.1.")
        return
    operation = operation_of(request.endpoint)
    # A route that forgot to say so is for nobody but an administrator.
    scope: Scope | None = operation.scope if operation is not None else "admin"
    if scope is not None:
        _require(scope)


@lru_cache(maxsize=64)
def _names_this_machine(host: str) -> bool:
    """Whether a request to this host means this machine by its name, too.

    A site of somebody else may let its own name lead to 127.0.0.1 (DNS rebinding); a browser on this machine
    would then let that site's page read and write whatever is open to loopback.
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or on_loopback(name)


def _require(scope: Scope) -> None:
    key = current_key()
    if key is None:
        raise KeyInvalid(f"The key is not known here. {_HOW}") if _sent() else KeyMissing(_HOW)
    if not key.allows(scope):
        raise ScopeMissing(f"The key lacks the scope {scope!r}.")
