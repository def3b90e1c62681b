"""catalog/encoders/image_plan.py against the image processors of transformers themselves."""

from typing import Any

import numpy as np
import pytest
from PIL import Image

from catalog.encoders import probes
from catalog.encoders.image_plan import ExportImpossible, plan_of

CLIP: dict[str, Any] = {
    "do_resize": True, "size": {"shortest_edge": 224}, "resample": 3,
    "do_center_crop": True, "crop_size": {"height": 224, "width": 224},
    "do_rescale": True, "rescale_factor": 1 / 255,
    "do_normalize": True, "image_mean": [0.48, 0.46, 0.41], "image_std": [0.27, 0.26, 0.28],
    "do_convert_rgb": True,
}  # fmt: skip
CHANGES: list[dict[str, Any]] = [
    {},
    {"size": {"height": 160, "width": 128}, "do_center_crop": False},
    {"size": {"height": 96, "width": 96}, "crop_size": {"height": 64, "width": 80}},
    {"size": {"shortest_edge": 65}, "crop_size": {"height": 64, "width": 33}, "resample": 2},
    {"do_normalize": False},
    {"do_rescale": False, "do_normalize": False, "resample": 1},
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_pictures_come_out_as_from_the_stock_processor(change: dict[str, Any]) -> None:
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    processor = CLIPImageProcessorPil(**{**CLIP, **change})
    pictures = probes.pictures()
    stock = processor(pictures, return_tensors="np")["pixel_values"]
    plan = plan_of(processor.to_dict())
    ours = plan.prepare(pictures)
    assert (ours.dtype, ours.shape) == (np.float32, stock.shape)
    levels = np.abs(ours - stock) / np.reshape(plan.scale, (3, 1, 1))
    assert levels.max() < 2.01 and levels.mean() < 0.05, (
        "one or two of 255 where a resize is rounded otherwise"
    )


def test_a_picture_of_another_mode_is_taken_as_rgb() -> None:
    grey = Image.new("L", (300, 200), 90)
    plan = plan_of(CLIP)
    assert (plan.prepare([grey]) == plan.prepare([grey.convert("RGB")])).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"do_pad": True}, "do_pad"),
        ({"do_resize": False}, "does not resize"),
        ({"do_center_crop": False}, "one shape"),
        ({"size": {"shortest_edge": 224, "longest_edge": 448}}, "longest_edge"),
        ({"size": {"shortest_edge": 100}}, "larger than the picture"),
        ({"size": None}, "one shape"),
    ],
)
def test_what_a_plan_cannot_hold_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ExportImpossible, match=said):
        plan_of({**CLIP, **change})
