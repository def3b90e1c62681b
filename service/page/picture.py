"""A customer's picture as it stands in the page's address: not the picture, but what the model saw in it.

A unit vector in 8 bits a dimension, behind the first digits of the model's fingerprint: some 350 characters
for 256 dimensions. So even a search by a photo can be shared and gone back to, and no picture is kept.
"""

import base64
import binascii
from typing import Final

import numpy as np

from catalog.encoder import Encoder, Vectors
from service.errors import PictureInvalid, PictureOfAnotherModel

_MODEL_DIGITS: Final = 8
_LARGEST: Final = 127


def picture_text(vector: Vectors, encoder: Encoder) -> str:
    """`vector`: float32 `(dimension,)`, not zero. `picture_vector` reads nearly the same from it."""
    steps = np.rint(vector / np.abs(vector).max() * _LARGEST).astype(np.int8)
    written = base64.urlsafe_b64encode(steps.tobytes()).rstrip(b"=").decode()
    return f"{_model(encoder)}.{written}"


def picture_vector(text: str, encoder: Encoder) -> Vectors:
    """A unit vector, float32 `(dimension,)`. Raises PictureInvalid or PictureOfAnotherModel."""
    model, _, written = text.partition(".")
    try:
        packed = base64.b64decode(
            written.encode("ascii") + b"=" * (-len(written) % 4), altchars=b"-_", validate=True
        )
    except (ValueError, binascii.Error) as error:
        raise _invalid() from error
    if len(model) != _MODEL_DIGITS or not packed or not any(packed):
        raise _invalid()
    if model != _model(encoder):
        raise PictureOfAnotherModel(
            "The shop sees with other eyes since this address was made: please give the picture again."
        )
    if len(packed) != encoder.dimension:
        raise _invalid()
    vector = np.frombuffer(packed, dtype=np.int8).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def _model(encoder: Encoder) -> str:
    return encoder.fingerprint[:_MODEL_DIGITS]


def _invalid() -> PictureInvalid:
    return PictureInvalid("The picture in this address is cut off or garbled: please give the picture again.")
