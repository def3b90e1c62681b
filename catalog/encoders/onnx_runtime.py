"""Runs an export of the model by ONNX Runtime: the same vectors as PyTorch's, several times faster.

Nothing here imports PyTorch or transformers: a web worker needs neither their seconds nor their memory.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as state
from PIL import Image
from tokenizers import Encoding, Tokenizer

from catalog.encoder import Vectors
from catalog.encoders.export_record import IMAGE_TOWER, TEXT_TOWER, TOKENIZER, ExportRecord, in_blocks
from catalog.encoders.fastest import fastest
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

# Of a tower, by name.
Inputs = dict[str, Any]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Export:
    """A verified export: where it lies, and its record. `image`, `text`: its towers, unless the fastest."""

    folder: Path
    record: ExportRecord
    image: str | None = None
    text: str | None = None

    def forms_of(self, tower: str) -> list[Path]:
        """The files that may stand for a tower."""
        one = self.image if tower == IMAGE_TOWER else self.text
        blocks = [in_blocks(tower)] if in_blocks(tower) in self.record.sha256 else []
        return [self.folder / name for name in ([one] if one else [tower, *blocks])]


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

    def samples(self) -> dict[str, Inputs]:
        """By tower, what its forms are compared by: a picture, and a text as customers ask."""
        text = self._tokenizer.encode("red floral dress with long sleeves")
        picture = Image.new("RGB", (8, 8))
        return {IMAGE_TOWER: self._image_inputs([picture]), TEXT_TOWER: self._text_inputs([text])}

    def _none(self) -> Vectors:
        return np.zeros((0, self.dimension), dtype=np.float32)

    def _embed_images(self, images: Sequence[Image.Image]) -> Vectors:
        return _run(self._loaded().image, self._image_inputs(images))

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
        return _run(self._loaded().text, self._text_inputs(tokens))

    def _image_inputs(self, images: Sequence[Image.Image]) -> Inputs:
        record = self._export.record
        return {record.image_input: record.image_plan.prepare(images)}

    def _text_inputs(self, tokens: Sequence[Encoding]) -> Inputs:
        return {name: _TEXT_INPUTS[name](tokens) for name in self._export.record.text_inputs}

    def _loaded(self) -> _Towers:
        with self._loading:  # two requests may arrive for a model that neither has loaded
            if self._towers is None:
                started = time.perf_counter()
                self._towers = _load(self._export, self._threads, self.samples())
                seconds = time.perf_counter() - started
                _log.info("encoder loaded: model=%s runtime=onnx seconds=%.2f", self.name, seconds)
            return self._towers


def _load(export: Export, threads: int, samples: Mapping[str, Inputs]) -> _Towers:
    def session(tower: str) -> onnxruntime.InferenceSession:
        return _session(fastest(export.forms_of(tower), lambda form: runs(form, samples[tower])))

    try:
        image, text = session(IMAGE_TOWER), session(TEXT_TOWER)
    except _ERRORS as error:
        raise EncoderUnavailable(f"The export in {export.folder} cannot be loaded: {error}") from error
    return _Towers(image, text, ThreadPoolExecutor(threads, thread_name_prefix="encode"))


def runs(tower: Path, inputs: Inputs) -> Callable[[], object]:
    """The tower, loaded, as a call that runs it once. It raises what ONNX Runtime does."""
    return partial(_session(tower).run, None, inputs)


def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # see _Towers.lanes
    options.log_severity_level = 3  # errors; its warnings are about how it optimises
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _run(tower: onnxruntime.InferenceSession, inputs: Inputs) -> Vectors:
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
