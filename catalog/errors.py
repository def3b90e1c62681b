"""Every error below HTTP, as one tree.

CatalogError
├── SettingInvalid          a setting has a value that cannot be used
├── ItemInvalid             an item breaks the rules of catalog/items.py
├── ItemNotFound
├── FieldUnknown            a filter or facet names what no item has
├── ImageError              a picture cannot be used
│   ├── ImageMissing        nothing can be read where the picture should be
│   ├── ImageTooManyBytes
│   ├── ImageNotAnImage     not one of the formats we accept
│   ├── ImageUndecodable    starts like a picture, but is damaged
│   ├── ImageTooManyPixels
│   └── ImageFetchError     a picture's address gives none
│       ├── ImageAddressRefused   we do not ask there: no plain address, not public, not allowed
│       ├── ImageHostUnreachable  no such host, no connection, or a certificate that does not hold
│       ├── ImageHttpStatus       the server answers that it has no picture, or not now
│       ├── ImageTimeout
│       └── ImageAnswerBroken     the answer ends early, is no HTTP, or is compressed
├── EncoderUnavailable      the model cannot be loaded or run
├── ModelMismatch           the collection was built by another model
├── IndexUnavailable        the vector store does not answer, or refuses for now
│   ├── IndexEmpty          nothing has been ingested yet
│   └── IndexTimeout
├── IndexRefused            the vector store rejects a call as wrong, or rejects our key
│   ├── CollectionExists    a collection of that name is there
│   └── StoreUnsupported    the vector store is of a version that this Vitrine does not work with
├── QueueUnavailable        what keeps the pushed writes does not answer, or its disk is full
├── QueueFull               as many pushed writes wait as may, or there is no room for more
├── IngestNotFound
├── IdempotencyKeyReused    the key came before, with another request
└── IdempotencyKeyBusy      the key's first request is being accepted just now

`code` is stable: it stands in problem documents and ingest reports. The message is written for the person
who sent the input, so it never holds internal text.
"""


class CatalogError(Exception):
    """Base of all errors that Vitrine raises on purpose."""

    code = "catalog_error"


class SettingInvalid(CatalogError):
    code = "setting_invalid"


class ItemInvalid(CatalogError):
    """`field` is the dotted name of the offending field."""

    code = "item_invalid"

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class ItemNotFound(CatalogError):
    code = "item_not_found"

    def __init__(self, item_id: str) -> None:
        super().__init__(f"No item has the id {item_id!r}.")
        self.item_id = item_id


class FieldUnknown(CatalogError):
    """`field` is the name that was asked for."""

    code = "field_unknown"

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class ImageError(CatalogError):
    code = "image_invalid"


class ImageMissing(ImageError):
    code = "image_missing"


class ImageTooManyBytes(ImageError):
    code = "image_too_many_bytes"


class ImageNotAnImage(ImageError):
    code = "image_not_an_image"


class ImageUndecodable(ImageError):
    code = "image_undecodable"


class ImageTooManyPixels(ImageError):
    code = "image_too_large_pixels"


class ImageFetchError(ImageError):
    """`may_pass`: another try may succeed, at the earliest `retry_after_s` from now."""

    code = "image_fetch_failed"

    def __init__(self, message: str, may_pass: bool = False, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.may_pass = may_pass
        self.retry_after_s = retry_after_s


class ImageAddressRefused(ImageFetchError):
    code = "image_address_refused"


class ImageHostUnreachable(ImageFetchError):
    code = "image_host_unreachable"


class ImageHttpStatus(ImageFetchError):
    code = "image_http_status"


class ImageTimeout(ImageFetchError):
    code = "image_timeout"


class ImageAnswerBroken(ImageFetchError):
    code = "image_answer_broken"


class EncoderUnavailable(CatalogError):
    code = "encoder_unavailable"


class ModelMismatch(CatalogError):
    code = "model_mismatch"


class IndexUnavailable(CatalogError):
    code = "index_unavailable"


class IndexEmpty(IndexUnavailable):
    code = "index_empty"


class IndexTimeout(IndexUnavailable):
    code = "index_timeout"


class IndexRefused(CatalogError):
    code = "index_refused"


class CollectionExists(IndexRefused):
    code = "collection_exists"


class StoreUnsupported(IndexRefused):
    code = "store_unsupported"


class QueueUnavailable(CatalogError):
    code = "queue_unavailable"


class QueueFull(CatalogError):
    """`reason`: what there is too much of. `retry_after_s`: when there should be room again."""

    code = "queue_full"

    def __init__(self, reason: str, retry_after_s: int) -> None:
        super().__init__(f"{reason}: wait {retry_after_s} s.")
        self.retry_after_s = retry_after_s


class IngestNotFound(CatalogError):
    code = "ingest_not_found"

    def __init__(self, ingest_id: str) -> None:
        super().__init__(f"No ingest has the id {ingest_id!r}, or it is too long ago.")


class IdempotencyKeyReused(CatalogError):
    code = "idempotency_key_reused"


class IdempotencyKeyBusy(CatalogError):
    code = "idempotency_key_busy"
