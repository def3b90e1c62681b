"""What a route declares about itself beside its view: who may call it, and what its document says.

`@operation(...)` stands below the route's own decorator. service/access.py and service/limits.py obey it, and
service/openapi.py writes it down.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from flask import current_app
from pydantic import BaseModel

from catalog.api_keys import Scope
from catalog.errors import (
    EncoderUnavailable,
    FieldUnknown,
    IdempotencyKeyBusy,
    IdempotencyKeyReused,
    ImageError,
    IndexRefused,
    IndexUnavailable,
    ItemNotFound,
    ModelMismatch,
    QueueFull,
    QueueUnavailable,
)
from service.errors import ConfidenceUnknown, CursorExpired, CursorInvalid, FieldsInvalid, QueryCancelsOut

P = ParamSpec("P")
R = TypeVar("R")

Errors = tuple[type[Exception], ...]

# What may go wrong wherever the index is asked, and wherever a query is embedded.
READING: Errors = (ModelMismatch, IndexUnavailable, IndexRefused)
FILTERING: Errors = (FieldsInvalid, FieldUnknown, *READING)
SEARCHING: Errors = (ItemNotFound, CursorInvalid, CursorExpired, ConfidenceUnknown, *FILTERING)
MIXING: Errors = (QueryCancelsOut, ImageError, EncoderUnavailable, *SEARCHING)
WRITING: Errors = (FieldsInvalid, QueueFull, QueueUnavailable, IdempotencyKeyReused, IdempotencyKeyBusy)


@dataclass(frozen=True)
class Media:
    """An answer that is no JSON object of service/answers.py."""

    content_type: str
    description: str
    binary: bool = False


@dataclass(frozen=True)
class Operation:
    """`scope`: what a key needs, None where none is asked for. The rest but `session` describes a documented
    route. `session`: whether the cookie of /admin may stand for the key; never for a call of the API.

    `queued`: what it does is queued, so that it answers 202 as well and takes an Idempotency-Key.
    `parameters`: the model of the address; `body`: of a JSON body, and with `upload` of the field `request`
    of a form, beside a file `image`. `raises`: classes of service/errors.py's table, subclasses included, or
    werkzeug's; those of keys, limits and bodies are known from the rest.
    """

    scope: Scope | None
    limited: bool
    answer: type[Any] | Media | None
    parameters: type[BaseModel] | None
    body: type[BaseModel] | None
    upload: bool
    conditional: bool
    queued: bool
    raises: Errors
    session: bool

    @property
    def documented(self) -> bool:
        """Pages for people and their files are no part of the API."""
        return self.answer is not None


def operation(
    scope: Scope | None,
    answer: type[Any] | Media | None,
    *,
    limited: bool = True,
    parameters: type[BaseModel] | None = None,
    body: type[BaseModel] | None = None,
    upload: bool = False,
    conditional: bool = False,
    queued: bool = False,
    raises: Errors = (),
    session: bool = False,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare a route. `answer`: None leaves it out of the API's document, for a page."""
    declared = Operation(
        scope, limited, answer, parameters, body, upload, conditional, queued, raises, session
    )

    def declare(view: Callable[P, R]) -> Callable[P, R]:
        view.__dict__["operation"] = declared
        return view

    return declare


def operation_of(endpoint: str | None) -> Operation | None:
    """What the route of the current app declares; None for an address without a route."""
    view = current_app.view_functions.get(endpoint or "")
    declared: Operation | None = getattr(view, "operation", None)
    return declared
