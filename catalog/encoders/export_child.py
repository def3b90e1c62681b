"""Exports a model for ONNX Runtime and verifies it, in a process that catalog/encoders/export.py starts.

    python -m catalog.encoders.export_child MODEL FOLDER

This is the one module of the export that imports PyTorch.
"""

import sys
import warnings
from pathlib import Path
from typing import Any

import onnx
import onnxruntime
import torch
from PIL import Image
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Transformer
from sentence_transformers.base.modules.normalize import Normalize

from catalog.encoders import probes
from catalog.encoders.eight_bits import in_eight_bits, save
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
from catalog.encoders.fuse_pads import fuse_pads
from catalog.encoders.image_plan import ExportImpossible
from catalog.encoders.onnx_runtime import TEXT_INPUTS, Export, OnnxEncoder
from catalog.encoders.torch_runtime import image_plan_of, load_model
from catalog.errors import CatalogError, EncoderUnavailable
from catalog.model_files import fingerprint_of

_OPSET = 17

# Numbers of a text tower that no processor's cache holds in float32: the few words of a query take as long as
# it takes to read them from memory.
_BEYOND_CACHES = 16_000_000
# What 8 bits get wrong differs from text to text: those that are no probes must have LEAST_COSINE, too.
_SPARE = 0.00002

# Two lengths, so that the exporter cannot take the length of a text for a constant.
_SAMPLE_TEXTS = ["a dress", "a red floral dress with long sleeves"]


class _Tower(torch.nn.Module):
    """One of the model's `get_..._features` methods as a module of its own."""

    def __init__(self, transformer: Transformer, modality: str, inputs: tuple[str, ...]) -> None:
        super().__init__()
        self.transformer = transformer
        self.modality = modality
        self.inputs = inputs

    def forward(self, *values: torch.Tensor) -> torch.Tensor:
        features = {"modality": self.modality, **dict(zip(self.inputs, values, strict=True))}
        embedding: torch.Tensor = self.transformer(features)[self.transformer.module_output_name]
        return embedding


def export(model_folder: Path, folder: Path) -> None:
    """Fill `folder` with a verified export. Raises ExportImpossible, EncoderUnavailable or SettingInvalid."""
    model = load_model(model_folder, threads=torch.get_num_threads()).float()
    transformer = _transformer_of(model)
    record = ExportRecord(
        fingerprint=fingerprint_of(model_folder),
        dimension=model.encode([{"text": "a"}], show_progress_bar=False).shape[1],
        image_plan=image_plan_of(transformer),
        image_input=_write_tower(transformer, "image", [Image.new("RGB", (9, 9))] * 2, folder / IMAGE_TOWER)[
            0
        ],
        text_inputs=_write_tower(
            transformer, "text", [{"text": text} for text in _SAMPLE_TEXTS], folder / TEXT_TOWER
        ),
    )
    _write_tokenizer(transformer, folder / TOKENIZER)

    def cosine() -> float:
        return least_cosine(model, OnnxEncoder(model_folder, Export(folder, record), 0, 100))

    def kept() -> bool:
        return cosine() >= LEAST_COSINE + _SPARE

    if cosine() >= LEAST_COSINE:
        in_eight_bits(folder / IMAGE_TOWER, kept)
        in_eight_bits(folder / TEXT_TOWER, kept, at_least=_BEYOND_CACHES)
    least = cosine()
    if not least >= LEAST_COSINE:
        raise ExportImpossible(f"its export differs from PyTorch (cosine {least:.6f})")
    digests = {name: sha256_of(folder / name) for name in sorted(FILES)}
    whole = record.model_copy(update={"cosine": least, "sha256": digests})
    (folder / RECORD).write_text(whole.model_dump_json(indent=1), "utf-8")
    for path in folder.iterdir():
        path.chmod(0o644)  # made at image build by one user, read by another


def least_cosine(model: SentenceTransformer, encoder: OnnxEncoder) -> float:
    """The least cosine between what plain sentence-transformers and `encoder` make of the probes."""
    pictures, texts = probes.pictures(), list(probes.TEXTS)
    inputs: list[Any] = [pictures, [{"text": text} for text in texts]]
    ours = [encoder.encode_images(pictures), encoder.encode_texts(texts)]
    theirs = [model.encode(part, normalize_embeddings=True, show_progress_bar=False) for part in inputs]
    return min(float((a * b).sum(axis=1).min()) for a, b in zip(ours, theirs, strict=True))


def _transformer_of(model: SentenceTransformer) -> Transformer:
    transformers: list[Transformer] = [part for part in model.children() if isinstance(part, Transformer)]
    others = [module for module in model.children() if not isinstance(module, Transformer | Normalize)]
    if len(transformers) != 1 or others:
        names = ", ".join(type(module).__name__ for module in model.children())
        raise ExportImpossible(f"it is made of {names}")
    return transformers[0]


def _write_tower(transformer: Transformer, modality: str, samples: list[Any], path: Path) -> tuple[str, ...]:
    """Export one half of the model; the names of its inputs."""
    features = transformer.preprocess(samples)
    inputs = tuple(name for name, value in features.items() if isinstance(value, torch.Tensor))
    known = {"pixel_values"} if modality == "image" else TEXT_INPUTS
    if not inputs or not set(inputs) <= known:
        raise ExportImpossible(f"its {modality} half takes {', '.join(inputs)}")
    axes = {0: "batch"} if modality == "image" else {0: "batch", 1: "tokens"}
    tower = _Tower(transformer, modality, inputs).eval()
    try:
        with warnings.catch_warnings(), torch.inference_mode():
            # Of the trace, and of newer exporters. What they warn of, the comparison would find.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                tower, tuple(features[name] for name in inputs), str(path),
                input_names=list(inputs), output_names=["features"],
                dynamic_axes={**dict.fromkeys(inputs, axes), "features": {0: "batch"}},
                opset_version=_OPSET, dynamo=False,
            )  # fmt: skip
    except (RuntimeError, ValueError, TypeError, NotImplementedError, AttributeError, ImportError) as error:
        first_line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ExportImpossible(f"its {modality} half: {first_line}") from error
    _polish(path)
    # The exporter puts back the mode that it found, of the wrapper only; batch norm would then differ.
    transformer.eval()
    return inputs


def _polish(path: Path) -> None:
    """Fold constants and fuse pads, and move the weights to a file beside the tower."""
    folded = path.with_suffix(".folded")
    options = onnxruntime.SessionOptions()
    # BASIC: what holds on every CPU. The rest is done when it is loaded, for the one that it runs on.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(folded)
    options.log_severity_level = 3
    onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    proto = onnx.load(folded)
    fuse_pads(proto)
    path.unlink()
    folded.unlink()
    save(proto, path)


def _write_tokenizer(transformer: Transformer, path: Path) -> None:
    """The tokenizer as the model uses it, cut-off included; padding only where it is to a fixed length."""
    backend = getattr(transformer.tokenizer, "backend_tokenizer", None)
    if backend is None or getattr(transformer, "do_lower_case", False):
        raise ExportImpossible("its tokenizer runs in Python only")
    shapes = [transformer.preprocess([{"text": text}])["input_ids"].shape for text in _SAMPLE_TEXTS]
    if shapes[0] != shapes[1]:
        backend.no_padding()
    backend.save(str(path))


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
