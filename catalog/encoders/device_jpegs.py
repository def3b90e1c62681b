"""Decodes JPEGs on a CUDA device by nvImageCodec (requirements-cuda.txt), and brings back what is used.

Tests run it on the CPU, by nvImageCodec's decoder for it, where that is installed; on a GPU it has never run.
"""

import threading
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import avg_pool2d

# nvImageCodec's own name for no device at all.
_NO_DEVICE = -99999
# The decoders of each thread, by device.
_own = threading.local()


class DeviceJpegs:
    """A JpegDecoder of catalog/images.py. Threads may share it."""

    def __init__(self, device: str) -> None:
        """`device`: "cuda", or "cpu" for a trial."""
        self._device = device

    def __call__(self, content: bytes, factor: int) -> Image.Image | None:
        """Upright RGB, `factor` times smaller: each pixel is a mean, as Pillow's `reduce` has it."""
        decoded = decoder_on(self._device).decode(nvimgcodec().CodeStream(content))
        if decoded is None:
            return None
        pixels = on_device(decoded, self._device).permute(2, 0, 1)[None].float()
        small = avg_pool2d(pixels, factor, ceil_mode=True, count_include_pad=False) if factor > 1 else pixels
        whole = small[0].round().clamp(0, 255).byte().permute(1, 2, 0).contiguous()
        return Image.fromarray(whole.cpu().numpy())


def can_decode_on(device: str) -> bool:
    """Whether nvImageCodec is there, and the device."""
    return nvimgcodec() is not None and (device == "cpu" or torch.cuda.is_available())


def decoder_on(device: str) -> Any:
    """The thread's own decoder, made once; RGB, with EXIF orientation applied, as it is by itself."""
    decoders: dict[str, Any] = _own.__dict__.setdefault("decoders", {})
    if device not in decoders:
        library = nvimgcodec()
        on_cpu = {"device_id": _NO_DEVICE, "backends": [library.Backend(library.CPU_ONLY)]}
        decoders[device] = library.Decoder(**(on_cpu if device == "cpu" else {}))
    return decoders[device]


def on_device(decoded: Any, device: str) -> torch.Tensor:
    """What was decoded, bytes `(height, width, 3)`."""
    if device == "cpu":
        return torch.from_numpy(np.array(decoded.cpu()))
    return torch.as_tensor(decoded, device=device)


@cache
def nvimgcodec() -> Any:
    """The library; None if it is not installed."""
    try:
        return import_module("nvidia.nvimgcodec")
    except ImportError:
        return None
