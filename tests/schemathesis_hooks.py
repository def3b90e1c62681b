"""Tells schemathesis what no schema can; read by its command line, see test_service_contract.

Pictures: else every text in base64, and every file, would pass for one in what it takes for valid data.
"""

import base64
import json
import re
import urllib.parse
import uuid
from typing import Any

import schemathesis
from hypothesis import strategies
from schemathesis import GenerationMode

from catalog.writes.operations import operation_adapter
from tests.service_doubles import COLOURS, picture_bytes, plain

_PICTURES = [picture_bytes(plain(colour), kind) for colour in COLOURS for kind in ("PNG", "JPEG", "WEBP")]
_IN_BASE64 = [base64.b64encode(picture).decode() for picture in _PICTURES]

schemathesis.openapi.format("binary", strategies.sampled_from(_PICTURES))
schemathesis.openapi.format("base64-image", strategies.sampled_from(_IN_BASE64))

_ATTRIBUTE = "attributes.sleeves"
# A cursor is an answer's, and an attribute is one that the shop of the test has.
schemathesis.openapi.format("cursor", strategies.nothing())
schemathesis.openapi.format("attribute", strategies.just(_ATTRIBUTE))

# gunicorn itself refuses a longer request line, before the service sees it; a test of its own covers that.
_LINE_BYTES = 8000


# As JSON writes them, and DEL less, which is allowed.
_CONTROL = re.compile(r"\\u00[01][0-9a-f]|\\[bf]|\\ud[89a-f]")


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    return (
        _fits(case)
        and not _may_cancel_out(case.body)
        and (case.query or {}).get("mode") != "keyword"  # without a text it is refused
        and not _wrong_inside_a_form(case)
        and not _names_what_no_item_has(case)
        and not _waits(case)
        and not _holds_control_characters(case)
        and not _good_in_part(case)
    )


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """A key of its own for each request: one that comes again with another request is refused."""
    if case.headers and re.fullmatch(r"[!-~]{1,255}", str(case.headers.get("Idempotency-Key", ""))):
        case.headers["Idempotency-Key"] = uuid.uuid4().hex


def _waits(case: Any) -> bool:
    """Without a worker a write is waited for in vain, for half a minute."""
    return bool({"True", "true", "1", "on", "yes", "y", "t"} & {str((case.query or {}).get("wait"))})


def _holds_control_characters(case: Any) -> bool:
    """They are refused in whatever text of an item."""
    address = urllib.parse.unquote(case.formatted_path)
    sent = json.dumps([case.body, address], default=str, ensure_ascii=False)
    return case.method in ("PUT", "PATCH", "POST", "DELETE") and bool(_CONTROL.search(sent))


def _good_in_part(case: Any) -> bool:
    """A batch with bad operations and good ones: the good ones go in, which a schema cannot say."""
    operations = case.body.get("operations") if isinstance(case.body, dict) else None
    if case.path != "/v1/items/batch" or not isinstance(operations, list):
        return False
    good = [_is_good(one) for one in operations]
    return any(good) and not all(good)


def _is_good(operation: Any) -> bool:
    try:
        operation_adapter.validate_python(operation)
    except ValueError:
        return False
    return True


def _names_what_no_item_has(case: Any) -> bool:
    """Which attributes there are is known to the shop, not to the document; another test asks for others."""
    asked = json.dumps([case.query, case.body], default=str)
    return bool(set(re.findall(r'attributes\.[^"]*', asked)) - {_ATTRIBUTE})


def _fits(case: Any) -> bool:
    asked = urllib.parse.urlencode(case.query or {}, doseq=True)
    return len(urllib.parse.quote(case.formatted_path)) + len(asked) < _LINE_BYTES


def _wrong_inside_a_form(case: Any) -> bool:
    """A wrong field of the JSON in a form: it is written as text there, so that 0 becomes the word "0".

    The same JSON as a body of its own is asked as it is.
    """
    wrong = case.meta is not None and case.meta.generation.mode is GenerationMode.NEGATIVE
    form = case.media_type == "multipart/form-data" and isinstance(case.body, dict)
    return wrong and form and set(case.body) == {"image", "request"}


def _may_cancel_out(body: Any) -> bool:
    """Parts that cancel each other out, and a search by words without any, are well formed and yet refused:
    other tests cover them."""
    wanted = body.get("request", body) if isinstance(body, dict) else None
    if isinstance(wanted, dict) and wanted.get("mode") == "keyword":
        return True
    parts = wanted.get("query") if isinstance(wanted, dict) else None
    if not isinstance(parts, list):
        return False
    weights = [part.get("weight", 1) for part in parts if isinstance(part, dict)]
    return any(isinstance(weight, int | float) and weight < 0 for weight in weights)
