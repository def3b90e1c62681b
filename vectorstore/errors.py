"""What can go wrong with a call, each error with its HTTP status.

StoreError
├── BadRequest 400
│   └── BadValue 422
├── Unauthorized 401
├── ReadOnly 403
├── NotFound 404
├── Conflict 409
├── BodyTooLarge 413
├── NotAnswered 501
├── Unavailable 503
└── DiskFull 507
StartError: the server cannot start; its text is the one line that the user sees.
"""


class StoreError(Exception):
    """A call that is answered with an error; its text goes to the client."""

    status = 500


class BadRequest(StoreError):
    status = 400


class BadValue(BadRequest):
    status = 422


class Unauthorized(StoreError):
    status = 401


class ReadOnly(StoreError):
    status = 403


class NotFound(StoreError):
    status = 404


class Conflict(StoreError):
    status = 409


class BodyTooLarge(StoreError):
    status = 413


class NotAnswered(StoreError):
    """Something that a Qdrant server can do and this one cannot: its text says what to use instead."""

    status = 501


class Unavailable(StoreError):
    status = 503


class DiskFull(StoreError):
    status = 507


class StartError(Exception):
    """The server cannot start."""


class CallerGone(Exception):
    """The connection ended before the whole call had come: there is nobody to answer."""
