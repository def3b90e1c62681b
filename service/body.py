"""The body of a search as it comes: JSON, or a form with a picture and the rest as JSON."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import orjson
from flask import Flask, Response, request
from werkzeug.exceptions import UnsupportedMediaType

from catalog.errors import FieldUnknown
from service.answers import FieldError
from service.errors import FieldFailed, FieldsInvalid, MalformedJson
from service.schemas import Listing, SearchRequest, Upload
from service.validation import Model, validated

_JSON = "application/json"
_FORM = "multipart/form-data"
# Several times the largest body that is taken by default; whoever sends more is no careless customer.
_DISCARDED_BYTES = 100_000_000


def read_search() -> SearchRequest:
    """Raises MalformedJson, FieldsInvalid, or werkzeug's 413 and 415."""
    if request.mimetype == _JSON:
        return validated(SearchRequest, parsed(_json_body()))
    if request.mimetype == _FORM:
        return _read_form()
    raise UnsupportedMediaType(f"Send {_JSON}, or {_FORM} with a file `image`.")


def read_json(model: type[Model]) -> Model:
    """A JSON body as `model`. Raises MalformedJson, FieldsInvalid, or werkzeug's 413 and 415."""
    return validated(model, read_any_json())


def read_any_json(max_bytes: int | None = None) -> Any:
    """A JSON body, not validated yet. Raises MalformedJson, or werkzeug's 413 and 415."""
    if request.mimetype != _JSON:
        raise UnsupportedMediaType(f"Send {_JSON}.")
    if max_bytes is not None:
        request.max_content_length = max_bytes
    return parsed(_json_body())


def parsed(json: bytes | str) -> Any:
    """orjson, since Python's own parser takes NaN and Infinity, which are not JSON."""
    try:
        return orjson.loads(json)
    except orjson.JSONDecodeError as error:
        raise MalformedJson(f"Not JSON: {error}.") from error


@contextmanager
def naming_fields(asked: Listing) -> Iterator[None]:
    """Tell where in the body an unknown field stands. Raises FieldFailed."""
    try:
        yield
    except FieldUnknown as error:
        in_facets = error.field in asked.facets and error.field not in asked.filter.to_catalog()
        place = f"facets.{asked.facets.index(error.field)}" if in_facets else f"filter.{error.field}"
        raise FieldFailed(place, error) from error


def install(app: Flask) -> None:
    app.after_request(_discard_rest)


def _discard_rest(response: Response) -> Response:
    """Take in what is left of a refused body, within bounds.

    A server that answers and closes while the client still sends resets the connection, and most clients
    then never see the answer.
    """
    if response.status_code < 400 or not request.environ.get("wsgi.input_terminated"):
        return response  # a server that does not end the input with the body would be waited for
    rest, left = request.environ["wsgi.input"], _DISCARDED_BYTES
    with suppress(OSError, ValueError):  # the client is gone: then nobody waits for the answer
        while left > 0 and (read := len(rest.read(min(left, 65536)))):
            left -= read
    return response


def _json_body() -> bytes:
    body = request.get_data(cache=False)
    # A body without a length is cut off at the limit; only reading on tells that there was more (413).
    request.stream.read(1)
    return body


def _read_form() -> SearchRequest:
    _check_names()
    sent = request.form.get("request", "")
    rest = validated(SearchRequest, parsed(sent)) if sent else SearchRequest()
    return with_upload(rest, request.files["image"].read())


def with_upload(wanted: SearchRequest, picture: bytes) -> SearchRequest:
    return wanted.model_copy(update={"query": [*wanted.query, Upload(image=picture)]})


def _check_names() -> None:
    faults = [
        _fault(name, "unknown field; known here: image, request")
        for name in request.form
        if name != "request"
    ]
    faults += [_fault(name, "unknown file; known here: image") for name in request.files if name != "image"]
    if len(request.files.getlist("image")) != 1:
        faults.append(_fault("image", "send exactly one file; more pictures go into `request` as base64"))
    if len(request.form.getlist("request")) > 1:
        faults.append(_fault("request", "given more than once"))
    if faults:
        raise FieldsInvalid(faults)


def _fault(name: str, message: str) -> FieldError:
    return FieldError(field=name, message=message)
