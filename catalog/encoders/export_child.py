"""Exports a model for ONNX Runtime and verifies it, in a process that catalog/encoders/export.py starts.

    python -m catalog.encoders.export_child MODEL FOLDER

This and catalog/encoders/export_towers.py are what imports PyTorch of the export.
"""

import sys
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import onnx
import torch
from sentence_transformers import SentenceTransformer

from catalog.encoder import Vectors
from catalog.encoders import probes
from catalog.encoders.byte_rows import in_byte_rows
from catalog.encoders.eight_bits import blocks_of, is_mostly_matrices, remove, save, write_eight_bits
from catalog.encoders.export import IMPOSSIBLE, UNLOADABLE
from catalog.encoders.export_record import (
    FILES,
    IMAGE_TOWER,
    LEAST_COSINE,
    MORE_FILES,
    RECORD,
    TEXT_TOWER,
    TOKENIZER,
    ExportRecord,
    in_blocks,
    sha256_of,
)
from catalog.encoders.export_towers import transformer_of, write_tokenizer, write_towers
from catalog.encoders.fastest import seconds_of
from catalog.encoders.fused_attention import fused_attention
from catalog.encoders.image_plan import ExportImpossible
from catalog.encoders.onnx_runtime import Export, Inputs, OnnxEncoder, runs
from catalog.encoders.torch_runtime import image_plan_of, load_model
from catalog.errors import CatalogError, EncoderUnavailable
from catalog.model_files import fingerprint_of

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

    def encoder(image: str = IMAGE_TOWER, text: str = TEXT_TOWER) -> OnnxEncoder:
        """With those files as its towers."""
        return OnnxEncoder(model_folder, Export(folder, record, image, text), 0, 100)

    try:
        record = record.model_copy(update=write_towers(transformer, folder, fused_attention))
        is_sound = least_cosine(plain, encoder()) >= LEAST_COSINE
    except (ExportImpossible, EncoderUnavailable):
        is_sound = False
    if not is_sound:  # its attention is not the usual one
        record = record.model_copy(update=write_towers(transformer, folder, nullcontext))
        is_sound = least_cosine(plain, encoder()) >= LEAST_COSINE
    if is_sound:
        enough = LEAST_COSINE + _SPARE
        samples = encoder().samples()
        picture, text = samples[IMAGE_TOWER], samples[TEXT_TOWER]
        _quantise(
            folder / IMAGE_TOWER, lambda name: _of_pictures(plain[0], encoder(image=name)) >= enough,
            picture, block=32,
        )  # fmt: skip
        # For a few words, finer blocks are as fast.
        _quantise(
            folder / TEXT_TOWER, lambda name: _of_texts(plain[1], encoder(text=name)) >= enough,
            text, block=16,
        )  # fmt: skip
    of_pictures = (_of_pictures(plain[0], encoder(image=name)) for name in _forms(folder, IMAGE_TOWER))
    of_texts = (_of_texts(plain[1], encoder(text=name)) for name in _forms(folder, TEXT_TOWER))
    record = _recorded(folder, record, min(*of_pictures, *of_texts))
    # Finds what is fastest here.
    OnnxEncoder(model_folder, Export(folder, record), 0, 1).encode_texts(["dress"])
    for path in folder.iterdir():
        path.chmod(0o644)  # made at image build by one user, read by another


def _quantise(tower: Path, keeps_vectors: Callable[[str], bool], sample: Inputs, block: int) -> None:
    """Put the float32 tower in rows of 8 bits in its place, and in blocks beside it, where that is worth it.

    Rows are faster than float32 on processors of every kind, if not for matrices of every size. Blocks are
    faster than rows on some: seen where it runs, by catalog/encoders/fastest.py.
    """
    if not is_mostly_matrices(tower):
        return
    blocks, aside = tower.with_name(in_blocks(tower.name)), tower.with_name(f"rows-{tower.name}")
    write_eight_bits(tower, blocks, blocks_of(block), partial(keeps_vectors, blocks.name))
    if write_eight_bits(tower, aside, in_byte_rows, partial(keeps_vectors, aside.name)):
        before, now = seconds_of([runs(tower, sample), runs(aside, sample)])
        if now < before:
            save(onnx.load(aside), tower)
        remove(aside)


def _forms(folder: Path, tower: str) -> list[str]:
    """The files that may stand for a tower."""
    return [name for name in (tower, in_blocks(tower)) if (folder / name).is_file()]


def _recorded(folder: Path, record: ExportRecord, least: float) -> ExportRecord:
    """Write the whole record, if the export is good. Raises ExportImpossible."""
    if not least >= LEAST_COSINE:
        raise ExportImpossible(f"its export differs from PyTorch (cosine {least:.6f})")
    files = [name for name in sorted(FILES | MORE_FILES) if (folder / name).is_file()]
    digests = {name: sha256_of(folder / name) for name in files}
    whole = record.model_copy(update={"cosine": least, "sha256": digests})
    (folder / RECORD).write_text(whole.model_dump_json(indent=1), "utf-8")
    return whole


def _embedded_by(model: SentenceTransformer) -> tuple[Vectors, Vectors]:
    """What plain sentence-transformers makes of the probes: of the pictures, and of the texts."""
    inputs: tuple[list[Any], list[Any]] = probes.pictures(), [{"text": text} for text in probes.TEXTS]
    pictures, texts = (
        model.encode(part, normalize_embeddings=True, show_progress_bar=False) for part in inputs
    )
    return pictures, texts


def least_cosine(plain: tuple[Vectors, Vectors], encoder: OnnxEncoder) -> float:
    """The least cosine between what `_embedded_by` found and what `encoder` makes of the probes."""
    return min(_of_pictures(plain[0], encoder), _of_texts(plain[1], encoder))


def _of_pictures(plain: Vectors, encoder: OnnxEncoder) -> float:
    return float((plain * encoder.encode_images(probes.pictures())).sum(axis=1).min())


def _of_texts(plain: Vectors, encoder: OnnxEncoder) -> float:
    return float((plain * encoder.encode_texts(probes.TEXTS)).sum(axis=1).min())


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
