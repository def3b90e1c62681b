"""How a model wants its pictures: one resize, one crop, one scale, as its image processor states them."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, ConfigDict, model_validator

from catalog.resizing import resized

# The steps that a plan can hold; a processor that switches on any other is refused.
_STEPS = {"do_resize", "do_center_crop", "do_rescale", "do_normalize", "do_convert_rgb"}


class ExportImpossible(Exception):
    """The model cannot be run outside PyTorch; the text says why."""


class ImagePlan(BaseModel):
    """`height` and `width` or, keeping the shape, `shortest_edge`; then `crop` (height, width).

    A channel's value is its byte times `scale` plus `offset`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    height: int | None = None
    width: int | None = None
    shortest_edge: int | None = None
    crop: tuple[int, int] | None = None
    resample: int
    scale: tuple[float, float, float]
    offset: tuple[float, float, float]

    @model_validator(mode="after")
    def _one_shape(self) -> Self:
        squashed = self.height is not None and self.width is not None
        if squashed == (self.shortest_edge is not None) or not (squashed or self.crop):
            raise ValueError("every picture must come out in one shape")
        if self.crop and max(self.crop) > (self.shortest_edge or min(self.height or 0, self.width or 0)):
            raise ValueError("the crop is larger than the picture")
        return self

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of what the model sees."""
        return self.crop or (self.height or 0, self.width or 0)

    def prepare(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """RGB pictures to float32 `(n, 3, height, width)`."""
        pixels = np.empty((len(images), 3, *self.shape), dtype=np.float32)
        scale = np.asarray(self.scale, dtype=np.float32).reshape(3, 1, 1)
        offset = np.asarray(self.offset, dtype=np.float32).reshape(3, 1, 1)
        for target, image in zip(pixels, images, strict=True):
            np.multiply(np.asarray(self._resized(image)).transpose(2, 0, 1), scale, out=target)
            target += offset
        return pixels

    def resized(self, images: Sequence[Image.Image]) -> NDArray[np.uint8]:
        """RGB pictures to uint8 `(n, height, width, 3)`, not yet scaled."""
        return np.stack([np.asarray(self._resized(image)) for image in images])

    def _resized(self, image: Image.Image) -> Image.Image:
        rgb = image if image.mode == "RGB" else image.convert("RGB")
        small = resized(rgb, self.size(rgb.size), Image.Resampling(self.resample))
        if self.crop is None:
            return small
        height, width = self.crop
        left, top = (small.width - width) // 2, (small.height - height) // 2
        return small.crop((left, top, left + width, top + height))

    def size(self, size: tuple[int, int]) -> tuple[int, int]:
        """Width and height to which a picture of that width and height is resized, before the crop."""
        if self.shortest_edge is None:
            return self.width or 0, self.height or 0
        short, long = sorted(size)
        longer = int(self.shortest_edge * long / short)  # cut off, not rounded, as transformers has it
        return (self.shortest_edge, longer) if size[0] <= size[1] else (longer, self.shortest_edge)


def plan_of(config: Mapping[str, Any]) -> ImagePlan:
    """The plan of an image processor's configuration. Raises ExportImpossible for what a plan cannot hold."""
    more = [name for name in config if name.startswith("do_") and config[name] and name not in _STEPS]
    if more or not config.get("do_resize") or config.get("resample") is None:
        raise ExportImpossible(f"its image processor {', '.join(more) or 'does not resize'}")
    size = _sides(config.get("size"))
    if not set(size) <= {"height", "width", "shortest_edge"}:
        raise ExportImpossible(f"its image processor resizes to {size}")
    crop = _sides(config.get("crop_size")) if config.get("do_center_crop") else {}
    factor = float(config.get("rescale_factor") or 1) if config.get("do_rescale") else 1.0
    means, deviations = _normalisation(config)
    try:
        return ImagePlan(
            **size,
            crop=(crop["height"], crop["width"]) if crop else None,
            resample=int(config["resample"]),
            scale=[factor / deviation for deviation in deviations],
            offset=[-mean / deviation for mean, deviation in zip(means, deviations, strict=True)],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ExportImpossible(f"its image processor: {error}") from error


def _sides(size: object) -> dict[str, int]:
    """A size as older and newer configurations write it; sides that are not given are left out."""
    if isinstance(size, int):
        return {"shortest_edge": size}
    return {name: int(side) for name, side in dict(size or {}).items() if side}  # type: ignore[call-overload]


def _normalisation(config: Mapping[str, Any]) -> tuple[Sequence[float], Sequence[float]]:
    if not config.get("do_normalize"):
        return (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    return config["image_mean"], config["image_std"]
