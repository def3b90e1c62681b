"""Every error as an RFC 9457 problem document, by one ordered table from exception class to status."""

import logging
import re
from dataclasses import dataclass

from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

from catalog import errors as catalog_errors
from service.answers import FieldError, Problem, json_response

PROBLEM_TYPE = "application/problem+json"

_log = logging.getLogger(__name__)


class RequestError(Exception):
    """Base of what is wrong with a request before it reaches the catalog; its text is for the client."""

    code = "bad_request"


class MalformedJson(RequestError):
    code = "malformed_json"


class QueryCancelsOut(RequestError):
    code = "query_cancels_out"


class CursorInvalid(RequestError):
    code = "cursor_invalid"


class CursorExpired(RequestError):
    code = "cursor_expired"


class ThumbnailNotFound(RequestError):
    code = "thumbnail_not_found"


class FieldsInvalid(RequestError):
    """Some fields of the request break the rules of service/schemas.py."""

    code = "request_invalid"

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__("; ".join(f"{error.field}: {error.message}" for error in errors))
        self.errors = errors


class FieldFailed(RequestError):
    """The value of `field` was well formed, but the catalog could do nothing with it: see `cause`."""

    def __init__(self, field: str, cause: catalog_errors.CatalogError) -> None:
        super().__init__(f"{field}: {cause}")
        self.field = field
        self.cause = cause


@dataclass(frozen=True)
class Kind:
    """How a class of errors is told. `detail`: None where the exception's own text is for the client."""

    status: int
    title: str
    detail: str | None = None
    retry_after_s: int | None = None


# The first class that fits decides, so a subclass stands before its base. What a client cannot have caused
# has a text of its own here: the exception's names hosts, settings or models, and goes to the log.
TABLE: tuple[tuple[type[Exception], Kind], ...] = (
    (MalformedJson, Kind(400, "Malformed JSON")),
    (FieldsInvalid, Kind(422, "Invalid request")),
    (QueryCancelsOut, Kind(422, "The query cancels out")),
    (CursorInvalid, Kind(422, "Invalid cursor")),
    (CursorExpired, Kind(410, "Expired cursor")),
    (ThumbnailNotFound, Kind(404, "Thumbnail not found")),
    (catalog_errors.ItemNotFound, Kind(404, "Item not found")),
    (catalog_errors.ItemInvalid, Kind(422, "Invalid item")),
    (catalog_errors.FieldUnknown, Kind(422, "Unknown field")),
    (catalog_errors.ImageTooManyBytes, Kind(413, "Picture too large")),
    (catalog_errors.ImageNotAnImage, Kind(415, "Not a picture")),
    (catalog_errors.ImageUndecodable, Kind(422, "Damaged picture")),
    (catalog_errors.ImageTooManyPixels, Kind(422, "Picture too large")),
    (catalog_errors.ImageError, Kind(422, "Unusable picture")),
    (
        catalog_errors.EncoderUnavailable,
        Kind(503, "Model unavailable", "The model cannot embed the query now.", retry_after_s=10),
    ),
    (
        catalog_errors.ModelMismatch,
        Kind(409, "Model mismatch", "The index was built by another model than the one that is loaded."),
    ),
    (
        catalog_errors.IndexTimeout,
        Kind(504, "Index timeout", "The search index did not answer in time.", retry_after_s=5),
    ),
    (
        catalog_errors.IndexEmpty,
        Kind(503, "Index empty", "Nothing has been ingested yet.", retry_after_s=5),
    ),
    (
        catalog_errors.IndexUnavailable,
        Kind(503, "Index unavailable", "The search index does not answer now.", retry_after_s=5),
    ),
    # Neither the client nor a later try can mend a wrong key or a call that the store does not know.
    (
        catalog_errors.IndexRefused,
        Kind(502, "Index refused", "The search index refuses the call of this service."),
    ),
)
_UNKNOWN = Kind(500, "Internal error", "Something went wrong here; the log has it under the request id.")
_HTTP_CODES = {413: "body_too_large"}


def problem_of(error: Exception) -> tuple[Problem, Kind]:
    """The problem document that tells a client of `error`; an unknown one is told without its text."""
    if isinstance(error, HTTPException):
        return _of_http(error)
    cause = error.cause if isinstance(error, FieldFailed) else error
    kind = next((kind for class_, kind in TABLE if isinstance(cause, class_)), _UNKNOWN)
    code = str(getattr(cause, "code", "internal_error")) if kind is not _UNKNOWN else "internal_error"
    problem = Problem(
        type=f"urn:vitrine:problem:{code}",
        title=kind.title,
        status=kind.status,
        detail=kind.detail or str(cause),
        code=code,
        request_id=g.request_id,
        errors=_field_errors(error),
    )
    return problem, kind


def problem_response(error: Exception) -> Response:
    problem, kind = problem_of(error)
    log_problem(error, problem)
    response = json_response(problem, kind.status, PROBLEM_TYPE)
    if kind.retry_after_s is not None:
        response.headers["Retry-After"] = str(kind.retry_after_s)
    if isinstance(error, HTTPException):  # Allow of a 405, Retry-After of a 503
        response.headers.extend([pair for pair in error.get_headers() if pair[0] != "Content-Type"])
    return response


def log_problem(error: Exception, problem: Problem) -> None:
    """Leave in the log what the client is not told: the text of a fault of ours, a traceback if unknown."""
    if problem.code == "internal_error" and not isinstance(error, HTTPException):
        _log.error("unexpected error: request_id=%s", problem.request_id, exc_info=error)
    elif problem.status >= 500 or problem.status == 409:
        _log.warning("%s: request_id=%s %s", problem.code, problem.request_id, error)


def install(app: Flask) -> None:
    app.register_error_handler(Exception, problem_response)


def _of_http(error: HTTPException) -> tuple[Problem, Kind]:
    status = error.code or 500
    title = HTTP_STATUS_CODES.get(status, "Error")
    code = _HTTP_CODES.get(status) or re.sub(r"\W+", "_", title.lower())
    kind = Kind(status, title, error.description or title)
    problem = Problem(
        type="about:blank", title=title, status=status, detail=kind.detail, code=code, request_id=g.request_id
    )
    return problem, kind


def _field_errors(error: Exception) -> list[FieldError] | None:
    if isinstance(error, FieldsInvalid):
        return error.errors
    if isinstance(error, FieldFailed):
        return [FieldError(field=error.field, message=getattr(error.cause, "reason", str(error.cause)))]
    if isinstance(error, catalog_errors.ItemInvalid | catalog_errors.FieldUnknown):
        return [FieldError(field=error.field, message=error.reason)]
    return None
