"""What an export folder holds and how it is checked: the record beside the files."""

import hashlib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from catalog.encoders.image_plan import ImagePlan

IMAGE_TOWER, TEXT_TOWER, TOKENIZER, RECORD = "image.onnx", "text.onnx", "tokenizer.json", "export.json"


def weights_of(tower: Path) -> Path:
    """A tower's weights lie beside it, to be mapped into memory: workers share them."""
    return tower.with_name(f"{tower.name}.weights")


def in_blocks(tower: str) -> str:
    """The name of the same tower in blocks of 8 bits, which some exports have besides."""
    return tower.replace(".onnx", ".blocks.onnx")


# What every record answers for, and what some do.
_TOWERS = (IMAGE_TOWER, TEXT_TOWER)
FILES = frozenset({TOKENIZER, *_TOWERS, *(weights_of(Path(one)).name for one in _TOWERS)})
MORE_FILES = frozenset(
    name for one in _TOWERS for name in (in_blocks(one), weights_of(Path(in_blocks(one))).name)
)

# Raised when an export of today could not be read by yesterday's code, or must not be used any more.
FORMAT = 8

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
    verified = record.cosine >= LEAST_COSINE and FILES <= set(record.sha256) <= FILES | MORE_FILES
    return (
        record
        if sound and verified and (record.format, record.fingerprint) == (FORMAT, fingerprint)
        else None
    )


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
