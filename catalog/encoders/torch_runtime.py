"""Runs any CLIP sentence-transformers folder as it is, by PyTorch: slower, but it can run every model."""

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from PIL import Image

from catalog.encoder import Vectors
from catalog.encoders.image_plan import ExportImpossible, ImagePlan, plan_of
from catalog.encoders.text_cache import CacheCounts, TextCache
from catalog.errors import EncoderUnavailable, SettingInvalid
from catalog.model_files import fingerprint_of, short_name, useful_side_px

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

T = TypeVar("T")

_log = logging.getLogger(__name__)


class SentenceTransformerEncoder:
    """Any CLIP sentence-transformers folder, run by PyTorch: float32 on the CPU, float16 on a CUDA device.

    The weights are loaded by the first call that needs them: an ingest of an unchanged catalogue needs none.
    """

    def __init__(self, folder: Path, threads: int, remembered_texts: int, device: str = "cpu") -> None:
        """The model in `folder`, run with `threads` CPU threads (0: every core) or on `device`."""
        self.name = short_name(folder)
        self.fingerprint = fingerprint_of(folder)
        self.useful_side_px = useful_side_px(folder)
        self.runtime = f"PyTorch {version('torch')}, {'GPU' if device != 'cpu' else 'CPU'}"
        self._folder = folder
        self._device = device
        self._threads = threads or os.cpu_count() or 1
        self._texts = TextCache(remembered_texts)
        self._model: SentenceTransformer | None = None
        self._loading = threading.Lock()

    @property
    def dimension(self) -> int:
        return self._loaded().get_embedding_dimension() or self.encode_texts(["a"]).shape[1]

    @property
    def text_cache(self) -> CacheCounts:
        return self._texts.counts

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        if self._device != "cpu" and (plan := self._image_plan()):
            return self._encode(list(images), lambda pictures: self._on_device(plan, pictures))
        return self._encode(list(images), self._run)

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return self._encode([], self._run)
        # As a plain str, a text that looks like a URL or a path would be fetched or opened as a picture.
        return self._texts.vectors(
            texts, lambda missing: self._encode([{"text": texts[n]} for n in missing], self._run)
        )

    def _encode(self, inputs: list[T], run: Callable[[list[T]], Any]) -> Vectors:
        if not inputs:
            return np.zeros((0, self.dimension), dtype=np.float32)
        try:
            vectors = run(inputs)
        except (RuntimeError, MemoryError) as error:  # PyTorch reports every fault of a run as RuntimeError.
            raise EncoderUnavailable("The model could not embed the input.") from error
        result = np.asarray(vectors, dtype=np.float32)
        if not np.isfinite(result).all():
            raise EncoderUnavailable("The model answered with values that are not numbers.")
        return result

    def _run(self, inputs: list[Image.Image] | list[dict[str, str]]) -> Any:
        model = self._loaded()
        import torch

        cuda = self._device != "cpu"
        # Autocast rather than half the weights: what loses accuracy in float16 stays in float32.
        with torch.autocast(self._device, torch.float16, enabled=cuda):
            return model.encode(
                inputs, batch_size=256 if cuda else 32, normalize_embeddings=True, show_progress_bar=False
            )

    def _on_device(self, plan: ImagePlan, pictures: list[Image.Image]) -> Any:
        """By the plan: the processor of transformers would take longer over a picture than the model."""
        from catalog.encoders.device_pixels import embed_pixels, pixels_of_pictures

        model = self._loaded()
        batches = (pictures[start : start + 256] for start in range(0, len(pictures), 256))
        return np.concatenate(
            [embed_pixels(model, pixels_of_pictures(plan, batch, self._device)) for batch in batches]
        )

    def _image_plan(self) -> ImagePlan | None:
        try:
            return image_plan_of(self._loaded()[0])
        except ExportImpossible:
            return None

    def _loaded(self) -> "SentenceTransformer":
        with self._loading:  # two requests may arrive for a model that neither has loaded
            if self._model is None:
                started = time.perf_counter()
                self._model = load_model(self._folder, self._threads, self._device)
                _log.info("encoder loaded: model=%s seconds=%.1f", self.name, time.perf_counter() - started)
            return self._model


def image_plan_of(transformer: Any) -> ImagePlan:
    """How a model's first module prepares pictures. Raises ExportImpossible for what a plan cannot hold."""
    processor = getattr(transformer.processor, "image_processor", transformer.processor)
    return plan_of(processor.to_dict())


def load_model(folder: Path, threads: int, device: str = "cpu") -> "SentenceTransformer":
    """The model on `device`. Raises EncoderUnavailable or SettingInvalid."""
    # Imported here: PyTorch takes seconds and hundreds of megabytes, and most commands embed nothing.
    import torch
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.set_num_threads(threads)
    try:
        model = SentenceTransformer(str(folder), device=device, local_files_only=True)
    except (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError) as error:
        raise EncoderUnavailable(f"The model in {folder} cannot be loaded: {error}") from error
    if not {"text", "image"} <= set(model.modalities):
        raise SettingInvalid(f"CLIP_MODEL: {folder.name} embeds {model.modalities}, not both text and image.")
    return model
