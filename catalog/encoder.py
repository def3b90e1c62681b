"""Pictures and texts to vectors: the Encoder protocol, and the choice of the runtime behind it."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from catalog.model_files import find_model_folder
from catalog.settings import Settings

if TYPE_CHECKING:
    from catalog.encoders.text_cache import CacheCounts
    from catalog.images import JpegDecoder

Vectors = NDArray[np.float32]

# There as soon as NVIDIA's driver is loaded, in containers that are given a GPU too.
_CUDA_DEVICE = Path("/dev/nvidiactl")


class Encoder(Protocol):
    """A model that puts pictures and texts into one space. Vectors are float32, unit length."""

    @property
    def name(self) -> str:
        """Short name for collections and answers: lower case letters, digits, `-` and `.`."""

    @property
    def fingerprint(self) -> str:
        """Hex digest of everything that decides a vector; equal fingerprints give equal vectors."""

    @property
    def dimension(self) -> int:
        """Length of a vector. Written nowhere else."""

    @property
    def runtime(self) -> str:
        """What runs it, for a person."""

    @property
    def useful_side_px(self) -> int:
        """Pictures whose shorter side is larger than this only cost time to prepare."""

    @property
    def text_cache(self) -> "CacheCounts":
        """How many texts were answered from memory, and how many were not."""

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        """RGB pictures to float32 `(n, dimension)`. Raises EncoderUnavailable."""

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Texts to float32 `(n, dimension)`. A text is never fetched or opened, whatever it looks like."""


def open_encoder(settings: Settings) -> Encoder:
    """The model that CLIP_MODEL names, in the runtime of ENCODER_RUNTIME; its weights load when first needed.

    For ONNX Runtime the model is exported here unless that has been done; a model that cannot be exported is
    run by PyTorch. Raises SettingInvalid or EncoderUnavailable, here if the model is not found, here or later
    if it cannot be loaded.
    """
    # A runtime is imported when it is chosen: each costs time and memory that the others save.
    folder = find_model_folder(settings.clip_model)
    device = "cuda" if settings.encoder_runtime == "auto" and cuda_is_there() else "cpu"
    if settings.encoder_runtime != "torch" and device == "cpu":
        from catalog.encoders.export import exported
        from catalog.encoders.onnx_runtime import OnnxEncoder

        if (export := exported(folder, settings.encoder_cache_dir)) is not None:
            return OnnxEncoder(folder, export, settings.encoder_threads, settings.remembered_texts)
    from catalog.encoders.torch_runtime import SentenceTransformerEncoder

    return SentenceTransformerEncoder(folder, settings.encoder_threads, settings.remembered_texts, device)


def jpeg_decoder_for(settings: Settings) -> "JpegDecoder | None":
    """What decodes JPEGs on a CUDA device: where the model runs on one, and nvImageCodec is installed."""
    if settings.encoder_runtime != "auto" or not cuda_is_there():
        return None
    from catalog.encoders.device_jpegs import DeviceJpegs, can_decode_on

    return DeviceJpegs("cuda") if can_decode_on("cuda") else None


def warm(encoder: Encoder) -> None:
    """Load the weights, and do what each half does but once: else the first customers would wait for it."""
    encoder.encode_texts(["dress"])
    encoder.encode_images([Image.new("RGB", (8, 8))])


def cuda_is_there() -> bool:
    """Whether PyTorch can use a CUDA device; without a driver PyTorch is not even imported."""
    if not _CUDA_DEVICE.exists() or find_spec("torch") is None:
        return False
    import torch

    return torch.cuda.is_available()
