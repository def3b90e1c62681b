"""What can go wrong with a request, and one ordered table from exception class to HTTP status."""

from dataclasses import dataclass

from catalog import errors as catalog_errors
from service.answers import FieldError


class RequestError(Exception):
    """Base of what is wrong with a request before it reaches the catalog; its text is for the client."""

    code = "bad_request"


class KeyMissing(RequestError):
    code = "key_missing"


class KeyInvalid(RequestError):
    code = "key_invalid"


class ScopeMissing(RequestError):
    code = "scope_missing"


class FormRefused(RequestError):
    """A form of /admin that did not come from a page of this session."""

    code = "form_refused"


class RateLimited(RequestError):
    code = "rate_limited"

    def __init__(self, limit: str, retry_after_s: int) -> None:
        super().__init__(f"More than {limit}: wait {retry_after_s} s.")
        self.retry_after_s = retry_after_s


class Overloaded(RequestError):
    code = "overloaded"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"More requests come than can be answered: try again in {retry_after_s} s.")
        self.retry_after_s = retry_after_s


class OutOfMemory(RequestError):
    """Python or the machine had no memory for it; the text is for the log."""

    code = "out_of_memory"


class MalformedJson(RequestError):
    code = "malformed_json"


class QueryCancelsOut(RequestError):
    code = "query_cancels_out"


class ConfidenceUnknown(RequestError):
    code = "confidence_unknown"


class CursorInvalid(RequestError):
    code = "cursor_invalid"


class CursorExpired(RequestError):
    code = "cursor_expired"


class PictureInvalid(RequestError):
    code = "picture_invalid"


class PictureOfAnotherModel(RequestError):
    code = "picture_of_another_model"


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
    """How a class of errors is told. `detail`: None where the exception's own text is for the client.

    `challenge`: what WWW-Authenticate says beside "Bearer" (RFC 6750), None where the header has no place.
    """

    status: int
    title: str
    detail: str | None = None
    retry_after_s: int | None = None
    challenge: str | None = None


# The first class that fits decides, so a subclass stands before its base. What a client cannot have caused
# has a text of its own here: the exception's names hosts, settings or models, and goes to the log.
TABLE: tuple[tuple[type[Exception], Kind], ...] = (
    (KeyMissing, Kind(401, "Key missing", challenge="")),
    (KeyInvalid, Kind(401, "Key invalid", challenge='error="invalid_token"')),
    (ScopeMissing, Kind(403, "Scope missing", challenge='error="insufficient_scope"')),
    (FormRefused, Kind(403, "Form refused")),
    (RateLimited, Kind(429, "Too many requests")),
    (Overloaded, Kind(503, "Overloaded")),
    (
        OutOfMemory,
        Kind(503, "Out of memory", "The service is short of memory: try again in a moment.", retry_after_s=5),
    ),
    (MalformedJson, Kind(400, "Malformed JSON")),
    (FieldsInvalid, Kind(422, "Invalid request")),
    (QueryCancelsOut, Kind(422, "The query cancels out")),
    (ConfidenceUnknown, Kind(422, "Confidence unknown")),
    (CursorInvalid, Kind(422, "Invalid cursor")),
    (CursorExpired, Kind(410, "Expired cursor")),
    (PictureInvalid, Kind(422, "That picture cannot be read")),
    (PictureOfAnotherModel, Kind(410, "That picture is needed again")),
    (ThumbnailNotFound, Kind(404, "Thumbnail not found")),
    (catalog_errors.ItemNotFound, Kind(404, "Item not found")),
    (catalog_errors.ItemInvalid, Kind(422, "Invalid item")),
    (catalog_errors.FieldUnknown, Kind(422, "Unknown field")),
    (catalog_errors.QueueFull, Kind(429, "Queue full")),
    (
        catalog_errors.QueueUnavailable,
        Kind(503, "Queue unavailable", "Writes cannot be accepted or looked up now.", retry_after_s=5),
    ),
    (catalog_errors.IngestNotFound, Kind(404, "Ingest not found")),
    (catalog_errors.IdempotencyKeyReused, Kind(422, "Idempotency-Key reused")),
    (catalog_errors.IdempotencyKeyBusy, Kind(409, "Idempotency-Key busy", retry_after_s=1)),
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
