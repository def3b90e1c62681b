"""catalog/encoders/device_pixels.py: on the CPU; decoding on a GPU where there is one with nvImageCodec."""

import numpy as np
import pytest

from catalog.encoder import Encoder, open_encoder
from catalog.encoders import probes
from catalog.encoders.device_pixels import (
    can_decode_there,
    embed_pixels,
    pixels_of_jpegs,
    pixels_of_pictures,
    resized_there,
)
from catalog.encoders.image_plan import ImagePlan
from catalog.encoders.torch_runtime import image_plan_of, load_model
from catalog.images import ImageLimits, decode_image
from catalog.settings import BUNDLED_MODEL, Settings
from tests.pictures import encoded


@pytest.fixture(scope="module")
def plan() -> ImagePlan:
    return image_plan_of(load_model(BUNDLED_MODEL, threads=1)[0])


@pytest.fixture(scope="module")
def reference() -> Encoder:
    return open_encoder(Settings(_env_file=None, encoder_runtime="torch"))


def test_pictures_become_the_same_vectors(plan: ImagePlan, reference: Encoder) -> None:
    model = load_model(BUNDLED_MODEL, threads=1)
    ours = embed_pixels(model, pixels_of_pictures(plan, probes.pictures(), "cpu"))
    assert (ours * reference.encode_images(probes.pictures())).sum(axis=1).min() >= 0.9999


def test_a_picture_is_resized_as_pillow_does(plan: ImagePlan) -> None:
    import torch

    for picture in probes.pictures():
        whole = torch.from_numpy(np.array(picture)).permute(2, 0, 1)
        ours = resized_there(plan, whole).permute(1, 2, 0).numpy()
        difference = np.abs(ours - plan.resized([picture])[0])
        assert difference.mean() < 0.5 and difference.max() <= 16  # Pillow rounds between its two passes


@pytest.mark.skipif(not can_decode_there(), reason="needs a CUDA device and nvImageCodec")
def test_jpegs_decoded_on_the_gpu_become_the_same_vectors(plan: ImagePlan, reference: Encoder) -> None:
    contents = [encoded(picture, quality=90) for picture in probes.pictures() if min(picture.size) > 30]
    model = load_model(BUNDLED_MODEL, threads=1, device="cuda")
    pixels, done = pixels_of_jpegs(plan, [*contents, b"no picture"], "cuda")
    assert done == list(range(len(contents)))
    decoded = [decode_image(content, ImageLimits()) for content in contents]
    cosines = (embed_pixels(model, pixels) * reference.encode_images(decoded)).sum(axis=1)
    assert cosines.min() >= 0.999  # decoders round in their own ways, and the model runs in float16
