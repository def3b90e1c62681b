"""Runs an export of the model by ONNX Runtime: the same vectors as PyTorch's, several times faster.

Nothing here imports PyTorch or transformers: a web worker needs neither their seconds nor their memory.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as state
from PIL import Image
from tokenizers import Encoding, Tokenizer

from catalog.encoder import Vectors
from catalog.encoders.export_record import IMAGE_TOWER, TEXT_TOWER, TOKENIZER, ExportRecord
from catalog.encoders.text_cache import CacheCounts, TextCache
from catalog.errors import EncoderUnavailable
from catalog.model_files import short_name, useful_side_px

# What fits the caches of one core: at 32 the compact model is slower and takes eight times the memory.
_BATCH = 4

# Everything that ONNX Runtime raises; it has no base class of its own.
_ERRORS = (
    state.EPFail, state.Fail, state.InvalidArgument, state.InvalidGraph, state.InvalidProtobuf,
    state.NoSuchFile, state.NotImplemented, state.RuntimeException,
)  # fmt: skip

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Export:
    """A verified export: where it lies, and its record."""

    folder: Path
    record: ExportRecord


@dataclass(frozen=True)
class _Towers:
    image: onnxruntime.InferenceSession
    text: onnxruntime.InferenceSession
    # Each batch runs on one thread, and so many run at once. One thread a batch scales better than a batch on
    # many threads, has no threads of the runtime's own that a fork would lose, and bounds its memory.
    lanes: ThreadPoolExecutor


class OnnxEncoder:
    """The weights are loaded by the first call that needs them; a web worker does so after its fork."""

    def __init__(self, model: Path, export: Export, threads: int, remembered_texts: int) -> None:
        """`model`: the sentence-transformers folder. `threads`: of the CPU (0: every core)."""
        self.name = short_name(model)
        self.fingerprint = export.record.fingerprint
        self.dimension = export.record.dimension
        self.runtime = f"ONNX Runtime {onnxruntime.__version__}, CPU"
        self.useful_side_px = useful_side_px(model)
        self._export = export
        self._threads = threads or os.cpu_count() or 1
        self._texts = TextCache(remembered_texts)
        self._tokenizer = Tokenizer.from_file(str(export.folder / TOKENIZER))
        self._towers: _Towers | None = None
        self._loading = threading.Lock()

    @property
    def text_cache(self) -> CacheCounts:
        return self._texts.counts

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        batches = [images[start : start + _BATCH] for start in range(0, len(images), _BATCH)]
        if not batches:
            return self._none()
        # In the lanes even if there is but one: every request's thread at once would only take memory.
        return np.concatenate(list(self._loaded().lanes.map(self._embed_images, batches)))

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return self._none()
        # By token ids, not by the text: they alone decide the vector, so spellings that the tokenizer takes
        # for the same share it, and none that it tells apart do.
        tokens = [self._tokenizer.encode(text) for text in texts]
        keys = [np.asarray(encoding.ids, dtype=np.int32).tobytes() for encoding in tokens]
        return self._texts.vectors(keys, lambda missing: self._embed_all([tokens[n] for n in missing]))

    def _none(self) -> Vectors:
        return np.zeros((0, self.dimension), dtype=np.float32)

    def _embed_images(self, images: Sequence[Image.Image]) -> Vectors:
        record = self._export.record
        return _run(self._loaded().image, {record.image_input: record.image_plan.prepare(images)})

    def _embed_all(self, tokens: Sequence[Encoding]) -> Vectors:
        """The texts in batches of one length each: none is padded, and a vector depends on its text alone."""
        if len(tokens) == 1:
            return self._embed_texts(tokens)  # a query: handing it to another thread would only take time
        order = sorted(range(len(tokens)), key=lambda n: len(tokens[n].ids))
        batches: list[list[int]] = []
        for n in order:
            last = batches[-1] if batches else []
            if last and len(last) < _BATCH and len(tokens[last[0]].ids) == len(tokens[n].ids):
                last.append(n)
            else:
                batches.append([n])
        lanes = self._loaded().lanes
        parts = lanes.map(lambda batch: self._embed_texts([tokens[n] for n in batch]), batches)
        vectors = np.empty((len(tokens), self.dimension), dtype=np.float32)
        vectors[order] = np.concatenate(list(parts))
        return vectors

    def _embed_texts(self, tokens: Sequence[Encoding]) -> Vectors:
        inputs = self._export.record.text_inputs
        return _run(self._loaded().text, {name: _TEXT_INPUTS[name](tokens) for name in inputs})

    def _loaded(self) -> _Towers:
        with self._loading:  # two requests may arrive for a model that neither has loaded
            if self._towers is None:
                started = time.perf_counter()
                self._towers = _load(self._export.folder, self._threads)
                seconds = time.perf_counter() - started
                _log.info("encoder loaded: model=%s runtime=onnx seconds=%.2f", self.name, seconds)
            return self._towers


def _load(folder: Path, threads: int) -> _Towers:
    try:
        image, text = _session(folder / IMAGE_TOWER), _session(folder / TEXT_TOWER)
    except _ERRORS as error:
        raise EncoderUnavailable(f"The export in {folder} cannot be loaded: {error}") from error
    return _Towers(image, text, ThreadPoolExecutor(threads, thread_name_prefix="encode"))


def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # see _Towers.lanes
    options.log_severity_level = 3  # errors; its warnings are about how it optimises
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _run(tower: onnxruntime.InferenceSession, inputs: dict[str, Any]) -> Vectors:
    try:
        (features,) = tower.run(None, inputs)
    except _ERRORS as error:
        raise EncoderUnavailable("The model could not embed the input.") from error
    vectors = np.asarray(features, dtype=np.float32)
    with np.errstate(invalid="ignore"):  # of a zero vector, which is refused below
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(vectors).all():
        raise EncoderUnavailable("The model answered with values that are not numbers.")
    return vectors


def _column(attribute: str) -> Callable[[Sequence[Encoding]], Any]:
    return lambda tokens: np.asarray([getattr(one, attribute) for one in tokens], dtype=np.int64)


# By the names under which text models of transformers take them.
_TEXT_INPUTS = {
    "input_ids": _column("ids"),
    "attention_mask": _column("attention_mask"),
    "token_type_ids": _column("type_ids"),
}
TEXT_INPUTS = frozenset(_TEXT_INPUTS)
