"""What an export folder holds and how it is checked: the record beside the files."""

import hashlib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from catalog.encoders.image_plan import ImagePlan

IMAGE_TOWER, TEXT_TOWER, TOKENIZER, RECORD = "image.onnx", "text.onnx", "tokenizer.json", "export.json"

# What a record answers for. The weights lie beside each tower, to be mapped into memory: workers share them.
FILES = frozenset({IMAGE_TOWER, TEXT_TOWER, TOKENIZER, f"{IMAGE_TOWER}.weights", f"{TEXT_TOWER}.weights"})

# Raised when an export of today could not be read by yesterday's code, or must not be used any more.
FORMAT = 6

# The least cosine between an export and PyTorch, over the probes of catalog/encoders/probes.py.
LEAST_COSINE = 0.9999


class ExportRecord(BaseModel):
    """`text_inputs`: names of the text tower's inputs. `sha256`: by file. `cosine`: the least one found."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    fingerprint: str
    dimension: int
    image_plan: ImagePlan
    image_input: str = ""
    text_inputs: tuple[str, ...] = ()
    cosine: float = 0.0
    sha256: dict[str, str] = {}


def read_record(folder: Path, fingerprint: str) -> ExportRecord | None:
    """The record of a whole and verified export; None if there is none or anything of it is damaged."""
    try:
        record = ExportRecord.model_validate_json((folder / RECORD).read_bytes())
        sound = all(sha256_of(folder / name) == digest for name, digest in record.sha256.items())
    except (OSError, ValidationError):
        return None
    verified = record.cosine >= LEAST_COSINE and set(record.sha256) == FILES
    return (
        record
        if sound and verified and (record.format, record.fingerprint) == (FORMAT, fingerprint)
        else None
    )


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
