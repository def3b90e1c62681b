"""Exports a model for ONNX Runtime and verifies it, in a process that catalog/encoders/export.py starts.

    python -m catalog.encoders.export_child MODEL FOLDER

This and catalog/encoders/export_towers.py are what imports PyTorch of the export.
"""

import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformer

from catalog.encoder import Vectors
from catalog.encoders import probes
from catalog.encoders.eight_bits import in_eight_bits
from catalog.encoders.export import IMPOSSIBLE, UNLOADABLE
from catalog.encoders.export_record import (
    FILES,
    IMAGE_TOWER,
    LEAST_COSINE,
    RECORD,
    TEXT_TOWER,
    TOKENIZER,
    ExportRecord,
    sha256_of,
)
from catalog.encoders.export_towers import transformer_of, write_tokenizer, write_towers
from catalog.encoders.fused_attention import fused_attention
from catalog.encoders.image_plan import ExportImpossible
from catalog.encoders.onnx_runtime import Export, OnnxEncoder
from catalog.encoders.torch_runtime import image_plan_of, load_model
from catalog.errors import CatalogError, EncoderUnavailable
from catalog.model_files import fingerprint_of

# Numbers of a text tower that no processor's cache holds in float32: the few words of a query take as long as
# it takes to read them from memory.
_BEYOND_CACHES = 16_000_000
# What 8 bits get wrong differs from text to text: those that are no probes must have LEAST_COSINE, too.
_SPARE = 0.00002


def export(model_folder: Path, folder: Path) -> None:
    """Fill `folder` with a verified export. Raises ExportImpossible, EncoderUnavailable or SettingInvalid."""
    model = load_model(model_folder, threads=torch.get_num_threads()).float()
    transformer = transformer_of(model)
    plan = image_plan_of(transformer)
    write_tokenizer(transformer, folder / TOKENIZER)
    plain = _embedded_by(model)
    record = ExportRecord(
        fingerprint=fingerprint_of(model_folder),
        dimension=plain[0].shape[1],
        image_plan=plan,
    )

    def cosine() -> float:
        return least_cosine(plain, OnnxEncoder(model_folder, Export(folder, record), 0, 100))

    try:
        record = record.model_copy(update=write_towers(transformer, folder, fused_attention))
        is_sound = cosine() >= LEAST_COSINE
    except (ExportImpossible, EncoderUnavailable):
        is_sound = False
    if not is_sound:  # its attention is not the usual one
        record = record.model_copy(update=write_towers(transformer, folder, nullcontext))
        is_sound = cosine() >= LEAST_COSINE
    if is_sound:
        _quantise(folder, lambda: cosine() >= LEAST_COSINE + _SPARE)
    _finish(folder, record, cosine())


def _quantise(folder: Path, kept: Callable[[], bool]) -> None:
    in_eight_bits(folder / IMAGE_TOWER, kept, block=32)
    # For a few words, finer blocks are as fast.
    in_eight_bits(folder / TEXT_TOWER, kept, block=16, at_least=_BEYOND_CACHES)


def _finish(folder: Path, record: ExportRecord, least: float) -> None:
    """Write the record, if the export is good. Raises ExportImpossible."""
    if not least >= LEAST_COSINE:
        raise ExportImpossible(f"its export differs from PyTorch (cosine {least:.6f})")
    digests = {name: sha256_of(folder / name) for name in sorted(FILES)}
    whole = record.model_copy(update={"cosine": least, "sha256": digests})
    (folder / RECORD).write_text(whole.model_dump_json(indent=1), "utf-8")
    for path in folder.iterdir():
        path.chmod(0o644)  # made at image build by one user, read by another


def _embedded_by(model: SentenceTransformer) -> tuple[Vectors, Vectors]:
    """What plain sentence-transformers makes of the probes: of the pictures, and of the texts."""
    inputs: tuple[list[Any], list[Any]] = probes.pictures(), [{"text": text} for text in probes.TEXTS]
    pictures, texts = (
        model.encode(part, normalize_embeddings=True, show_progress_bar=False) for part in inputs
    )
    return pictures, texts


def least_cosine(plain: tuple[Vectors, Vectors], encoder: OnnxEncoder) -> float:
    """The least cosine between what `_embedded_by` found and what `encoder` makes of the probes."""
    ours = [encoder.encode_images(probes.pictures()), encoder.encode_texts(probes.TEXTS)]
    return min(float((a * b).sum(axis=1).min()) for a, b in zip(ours, plain, strict=True))


def main() -> None:
    folder, aside = map(Path, sys.argv[1:])
    try:
        export(folder, aside)
    except ExportImpossible as error:
        _end(IMPOSSIBLE, error)
    except CatalogError as error:
        _end(UNLOADABLE if isinstance(error, EncoderUnavailable) else IMPOSSIBLE, error)


def _end(code: int, error: Exception) -> None:
    sys.stderr.write(f"\n{' '.join(str(error).split())}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
