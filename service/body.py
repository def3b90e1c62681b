"""The body of a search as it comes: JSON, or a form with a picture and the rest as JSON."""

from typing import Any

import orjson
from flask import Request
from werkzeug.exceptions import UnsupportedMediaType

from service.answers import FieldError
from service.errors import FieldsInvalid, MalformedJson
from service.schemas import SearchRequest, Upload
from service.validation import validated

_JSON = "application/json"
_FORM = "multipart/form-data"


def read_search(request: Request) -> SearchRequest:
    """Raises MalformedJson, FieldsInvalid, or werkzeug's 413 and 415."""
    if request.mimetype == _JSON:
        return validated(SearchRequest, parsed(request.get_data(cache=False)))
    if request.mimetype == _FORM:
        return _read_form(request)
    raise UnsupportedMediaType(f"Send {_JSON}, or {_FORM} with a file `image`.")


def parsed(json: bytes | str) -> Any:
    """orjson, since Python's own parser takes NaN and Infinity, which are not JSON."""
    try:
        return orjson.loads(json)
    except orjson.JSONDecodeError as error:
        raise MalformedJson(f"Not JSON: {error}.") from error


def _read_form(request: Request) -> SearchRequest:
    _check_names(request)
    sent = request.form.get("request", "")
    rest = validated(SearchRequest, parsed(sent)) if sent else SearchRequest()
    return with_upload(rest, request.files["image"].read())


def with_upload(request: SearchRequest, picture: bytes) -> SearchRequest:
    return request.model_copy(update={"query": [*request.query, Upload(image=picture)]})


def _check_names(request: Request) -> None:
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
