"""Who may call what: API keys with scopes; without keys, only who calls from this machine."""

from flask import Flask, current_app, g, request

from catalog.api_keys import ApiKey, Scope, matching
from catalog.loopback import on_loopback
from catalog.settings import Settings
from service.errors import KeyInvalid, KeyMissing, ScopeMissing
from service.operations import operation_of

_HOW = "Send a key: Authorization: Bearer KEY."


def install(app: Flask, settings: Settings) -> None:
    app.extensions["api_keys"] = settings.api_keys
    app.before_request(_check)


def current_key() -> ApiKey | None:
    """The key that the current request sent, if it is one of ours."""
    if "key" not in g:
        g.key = matching(_keys(), _sent())
    key: ApiKey | None = g.key
    return key


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
        return
    operation = operation_of(request.endpoint)
    # A route that forgot to say so is for nobody but an administrator.
    scope: Scope | None = operation.scope if operation is not None else "admin"
    if scope is not None:
        _require(scope)


def _require(scope: Scope) -> None:
    key = current_key()
    if key is None:
        raise KeyInvalid(f"The key is not known here. {_HOW}") if _sent() else KeyMissing(_HOW)
    if not key.allows(scope):
        raise ScopeMissing(f"The key lacks the scope {scope!r}.")
