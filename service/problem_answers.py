"""The problems of a route, as its OpenAPI document tells them: by status, with every code that can come."""

from http import HTTPStatus
from typing import Any

from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, UnsupportedMediaType

from catalog.errors import IdempotencyKeyBusy
from service.errors import (
    TABLE,
    FieldsInvalid,
    KeyInvalid,
    KeyMissing,
    MalformedJson,
    OutOfMemory,
    Overloaded,
    RateLimited,
    ScopeMissing,
)
from service.operations import Errors, Operation
from service.problems import INTERNAL_ERROR, PROBLEM_TYPE, http_code

REQUEST_ID = {
    "description": "The id of the request: the one that was sent, or one made here.",
    "schema": {"type": "string"},
}
_SECONDS = {"description": "Seconds after which to try again.", "schema": {"type": "integer", "minimum": 1}}
_CHALLENGE = {"description": "How to send a key (RFC 6750).", "schema": {"type": "string"}}
_REF = {"$ref": "#/components/headers/X-Request-ID"}
_OF_BODIES: Errors = (MalformedJson, FieldsInvalid, RequestEntityTooLarge, UnsupportedMediaType)
_OF_KEYS: Errors = (KeyMissing, KeyInvalid, ScopeMissing)


def problem_answers(declared: Operation) -> dict[str, Any]:
    """OpenAPI responses by status: what the route raises, and what the service raises for it."""
    raised = _raised(declared)
    codes: dict[int, set[str]] = {500: {INTERNAL_ERROR}}
    for class_, kind in TABLE:
        if issubclass(class_, raised):
            codes.setdefault(kind.status, set()).add(class_.code)  # type: ignore[attr-defined]
    for http in raised:
        if issubclass(http, HTTPException) and http.code is not None:
            codes.setdefault(http.code, set()).add(http_code(http.code))
    return {str(status): _answer(status, sorted(codes[status])) for status in sorted(codes)}


def _raised(declared: Operation) -> Errors:
    return (
        *declared.raises,
        OutOfMemory,
        *(_OF_KEYS if declared.scope is not None else ()),
        *((RateLimited, Overloaded) if declared.limited else ()),
        *(_OF_BODIES if declared.body is not None else ()),
    )


def _answer(status: int, codes: list[str]) -> dict[str, Any]:
    headers: dict[str, Any] = {"X-Request-ID": _REF}
    if status in (429, 503, 504) or IdempotencyKeyBusy.code in codes:
        headers["Retry-After"] = _SECONDS
    if status in (401, 403):
        headers["WWW-Authenticate"] = _CHALLENGE
    narrowed = {"properties": {"status": {"const": status}, "code": {"enum": codes}}}
    schema = {"allOf": [{"$ref": "#/components/schemas/Problem"}, narrowed]}
    return {
        "description": f"{HTTPStatus(status).phrase}: {', '.join(f'`{code}`' for code in codes)}",
        "headers": headers,
        "content": {PROBLEM_TYPE: {"schema": schema}},
    }
