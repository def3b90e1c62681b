"""Writes the two halves of a model, and its tokenizer, as ONNX Runtime takes them."""

import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import onnx
import onnxruntime
import torch
from PIL import Image
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Transformer
from sentence_transformers.base.modules.normalize import Normalize

from catalog.encoders.eight_bits import save
from catalog.encoders.export_record import IMAGE_TOWER, TEXT_TOWER
from catalog.encoders.fold_shapes import fold_shapes
from catalog.encoders.fuse_pads import fuse_pads
from catalog.encoders.image_plan import ExportImpossible
from catalog.encoders.onnx_runtime import TEXT_INPUTS

_OPSET = 17

# Two lengths, so that the exporter cannot take the length of a text for a constant.
_SAMPLE_TEXTS = ["a dress", "a red floral dress with long sleeves"]

# Within which a model is exported: how its attention is written.
Writing = Callable[[Any], AbstractContextManager[None]]


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


def transformer_of(model: SentenceTransformer) -> Transformer:
    """The one module that makes the vectors. Raises ExportImpossible if there are others."""
    transformers: list[Transformer] = [part for part in model.children() if isinstance(part, Transformer)]
    others = [module for module in model.children() if not isinstance(module, Transformer | Normalize)]
    if len(transformers) != 1 or others:
        names = ", ".join(type(module).__name__ for module in model.children())
        raise ExportImpossible(f"it is made of {names}")
    return transformers[0]


def write_towers(transformer: Transformer, folder: Path, writing: Writing) -> dict[str, Any]:
    """Export both halves; what an ExportRecord says of them. Raises ExportImpossible."""
    pictures, texts = [Image.new("RGB", (9, 9))] * 2, [{"text": text} for text in _SAMPLE_TEXTS]
    (image_input,) = _write_tower(transformer, "image", pictures, folder / IMAGE_TOWER, writing)
    # A text that is padded has a mask, which the one operator is not given.
    writing_text = nullcontext if _pads(transformer) else writing
    text_inputs = _write_tower(transformer, "text", texts, folder / TEXT_TOWER, writing_text)
    return {"image_input": image_input, "text_inputs": text_inputs}


def _write_tower(
    transformer: Transformer, modality: str, samples: list[Any], path: Path, writing: Writing
) -> tuple[str, ...]:
    """Export one half of the model; the names of its inputs."""
    features = transformer.preprocess(samples)
    inputs = tuple(name for name, value in features.items() if isinstance(value, torch.Tensor))
    known = {"pixel_values"} if modality == "image" else TEXT_INPUTS
    if not inputs or not set(inputs) <= known:
        raise ExportImpossible(f"its {modality} half takes {', '.join(inputs)}")
    axes = {0: "batch"} if modality == "image" else {0: "batch", 1: "tokens"}
    tower = _Tower(transformer, modality, inputs).eval()
    try:
        with warnings.catch_warnings(), torch.inference_mode(), writing(transformer.model):
            # Of the trace, and of newer exporters. What they warn of, the comparison would find.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                tower, tuple(features[name] for name in inputs), str(path),
                input_names=list(inputs), output_names=["features"],
                dynamic_axes={**dict.fromkeys(inputs, axes), "features": {0: "batch"}},
                opset_version=_OPSET, dynamo=False, custom_opsets={"com.microsoft": 1},
            )  # fmt: skip
    except (RuntimeError, ValueError, TypeError, NotImplementedError, AttributeError, ImportError) as error:
        first_line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ExportImpossible(f"its {modality} half: {first_line}") from error
    finally:
        # The exporter puts back the mode that it found, of the wrapper only; batch norm would then differ.
        transformer.eval()
    return _polish(path)


def _polish(path: Path) -> tuple[str, ...]:
    """Fold constants and shapes, fuse pads, move the weights to a file beside; the names of its inputs."""
    folded = path.with_suffix(".folded")
    options = onnxruntime.SessionOptions()
    # BASIC: what holds on every CPU. The rest is done when it is loaded, for the one that it runs on.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(folded)
    options.log_severity_level = 3
    onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    proto = onnx.load(folded)
    fold_shapes(proto)
    fuse_pads(proto)
    path.unlink()
    folded.unlink()
    save(proto, path)
    return tuple(value.name for value in proto.graph.input)


def write_tokenizer(transformer: Transformer, path: Path) -> None:
    """The tokenizer as the model uses it, cut-off included; padding only where it is to a fixed length."""
    backend = getattr(transformer.tokenizer, "backend_tokenizer", None)
    if backend is None or getattr(transformer, "do_lower_case", False):
        raise ExportImpossible("its tokenizer runs in Python only")
    if not _pads(transformer):
        backend.no_padding()
    backend.save(str(path))


def _pads(transformer: Transformer) -> bool:
    """Whether every text is brought to one length."""
    shapes = [transformer.preprocess([{"text": text}])["input_ids"].shape for text in _SAMPLE_TEXTS]
    return bool(shapes[0] == shapes[1])
