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
│   └── ImageTooManyPixels
├── EncoderUnavailable      the model cannot be loaded or run
├── ModelMismatch           the collection was built by another model
├── IndexUnavailable        the vector store does not answer, or refuses for now
│   ├── IndexEmpty          nothing has been ingested yet
│   └── IndexTimeout
└── IndexRefused            the vector store rejects a call as wrong, or rejects our key

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
