"""Pictures and JPEG bytes to embeddings with everything but the resize of decoded pictures on a CUDA device.

JPEGs are decoded there too where nvImageCodec (requirements-cuda.txt) is installed. Tests run it on the CPU;
on a GPU none of it has ever run.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import interpolate

from catalog.encoder import Vectors
from catalog.encoders.device_jpegs import decoder_on, nvimgcodec, on_device
from catalog.encoders.image_plan import ImagePlan

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_MODES = {Image.Resampling.BILINEAR: "bilinear", Image.Resampling.BICUBIC: "bicubic"}


def embed_pixels(model: "SentenceTransformer", pixels: torch.Tensor) -> Vectors:
    """Float `(n, 3, height, width)` as the model wants it to float32 `(n, dimension)`, unit length."""
    with torch.inference_mode(), torch.autocast(pixels.device.type, torch.float16, pixels.is_cuda):
        features: dict[str, Any] = model({"pixel_values": pixels, "modality": "image"})
        vectors = torch.nn.functional.normalize(features["sentence_embedding"].float(), dim=1)
    return np.asarray(vectors.cpu().numpy(), dtype=np.float32)


def pixels_of_pictures(plan: ImagePlan, images: Sequence[Image.Image], device: str) -> torch.Tensor:
    """Resized on the CPU; a quarter of the bytes that floats would be go to the device."""
    resized = torch.from_numpy(plan.resized(images))
    if device != "cpu":
        resized = resized.pin_memory()  # copied to the device without a stop in between
    return _normalised(plan, resized.to(device, non_blocking=True).permute(0, 3, 1, 2).float())


def pixels_of_jpegs(
    plan: ImagePlan, contents: Sequence[bytes], device: str
) -> tuple[torch.Tensor, list[int]]:
    """Of those that can be decoded there, and their positions; the others are for `decode_image`."""
    decoded = decoder_on(device).decode([nvimgcodec().CodeStream(content) for content in contents])
    done = [n for n, image in enumerate(decoded) if image is not None]
    pictures = [on_device(decoded[n], device).permute(2, 0, 1) for n in done]
    small = [resized_there(plan, picture) for picture in pictures]
    if not small:
        return torch.empty((0, 3, *plan.shape), device=device), []
    return _normalised(plan, torch.stack(small)), done


def resized_there(plan: ImagePlan, picture: torch.Tensor) -> torch.Tensor:
    """Bytes `(3, height, width)` on any device to float bytes of the model's size, as Pillow resizes them."""
    width, height = plan.size((picture.shape[2], picture.shape[1]))
    mode = _MODES[Image.Resampling(plan.resample)]
    whole = interpolate(picture[None].float(), (height, width), mode=mode, antialias=True)[0]
    rows, columns = plan.shape
    top, left = (height - rows) // 2, (width - columns) // 2
    return whole[:, top : top + rows, left : left + columns].round().clamp(0, 255)


def _normalised(plan: ImagePlan, pixels: torch.Tensor) -> torch.Tensor:
    scale, offset = (
        torch.tensor(three, device=pixels.device).view(3, 1, 1) for three in (plan.scale, plan.offset)
    )
    return pixels * scale + offset
