"""Every error as an RFC 9457 problem document, by the table of service/errors.py."""

import logging
import re

from flask import Flask, Response, g
from flask_limiter import RateLimitExceeded
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.http import HTTP_STATUS_CODES

from catalog import errors as catalog_errors
from service.answers import FieldError, Problem, json_response
from service.errors import TABLE, FieldFailed, FieldsInvalid, Kind, Overloaded
from service.limits import breached
from service.shortage import out_of_memory

PROBLEM_TYPE = "application/problem+json"
INTERNAL_ERROR = "internal_error"

_log = logging.getLogger(__name__)

_UNKNOWN = Kind(500, "Internal error", "Something went wrong here; the log has it under the request id.")
_HTTP_CODES = {413: "body_too_large"}


def told(error: Exception) -> tuple[Problem, Headers]:
    """What a client is told of `error`, and the headers that go with it; the log gets the rest."""
    cause = _cause_of(error)
    kind = _http_kind(cause) if isinstance(cause, HTTPException) else _kind_of(cause)
    code = _code_of(cause, kind)
    problem = Problem(
        type="about:blank" if isinstance(cause, HTTPException) else f"urn:vitrine:problem:{code}",
        title=kind.title,
        status=kind.status,
        detail=kind.detail or str(cause),
        code=code,
        request_id=g.request_id,
        errors=_field_errors(error),
    )
    g.error_code = problem.code
    _log_rest(cause, problem)
    return problem, _headers(cause, kind)


def problem_response(error: Exception) -> Response:
    problem, headers = told(error)
    response = json_response(problem, problem.status, PROBLEM_TYPE)
    response.headers.extend(headers)
    return response


def install(app: Flask) -> None:
    app.register_error_handler(Exception, problem_response)


def http_code(status: int) -> str:
    """The code of what werkzeug or Flask raise by themselves, by its status."""
    return _HTTP_CODES.get(status) or re.sub(r"\W+", "_", _http_title(status).lower())


def _cause_of(error: Exception) -> Exception:
    if isinstance(error, RateLimitExceeded):
        return breached()
    # Flask wraps what is raised outside of a view, such as by another handler.
    if isinstance(error, InternalServerError) and isinstance(error.original_exception, Exception):
        error = error.original_exception
    if short := out_of_memory(error):
        return short
    return error.cause if isinstance(error, FieldFailed) else error


def _kind_of(cause: Exception) -> Kind:
    return next((kind for class_, kind in TABLE if isinstance(cause, class_)), _UNKNOWN)


def _http_kind(cause: HTTPException) -> Kind:
    status = cause.code or 500
    return Kind(status, _http_title(status), cause.description or _http_title(status))


def _http_title(status: int) -> str:
    return HTTP_STATUS_CODES.get(status, "Error")


def _code_of(cause: Exception, kind: Kind) -> str:
    if isinstance(cause, HTTPException):
        return http_code(kind.status)
    return INTERNAL_ERROR if kind is _UNKNOWN else str(cause.code)  # type: ignore[attr-defined]


def _headers(cause: Exception, kind: Kind) -> Headers:
    headers = Headers()
    if isinstance(cause, HTTPException):  # Allow of a 405, Retry-After of a 503
        headers.extend([pair for pair in cause.get_headers() if pair[0] != "Content-Type"])
    retry_after_s = getattr(cause, "retry_after_s", kind.retry_after_s)
    if retry_after_s is not None:
        headers["Retry-After"] = str(retry_after_s)
    if kind.challenge is not None:
        headers["WWW-Authenticate"] = f'Bearer realm="vitrine" {kind.challenge}'.strip()
    return headers


def _log_rest(cause: Exception, problem: Problem) -> None:
    """Leave in the log what the client is not told: the text of a fault of ours, a traceback if unknown."""
    if problem.code == INTERNAL_ERROR:
        _log.error("unexpected error: request_id=%s", problem.request_id, exc_info=cause)
    elif isinstance(cause, Overloaded):
        return  # the request's own line tells it; another one for each is the last thing that is needed then
    elif problem.status >= 500 or problem.status == 409:
        _log.warning("%s: request_id=%s %s", problem.code, problem.request_id, cause)


def _field_errors(error: Exception) -> list[FieldError] | None:
    if isinstance(error, FieldsInvalid):
        return error.errors
    if isinstance(error, FieldFailed):
        return [FieldError(field=error.field, message=getattr(error.cause, "reason", str(error.cause)))]
    if isinstance(error, catalog_errors.ItemInvalid | catalog_errors.FieldUnknown):
        return [FieldError(field=error.field, message=error.reason)]
    return None
