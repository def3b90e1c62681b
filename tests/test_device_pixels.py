"""catalog/encoders/device_pixels.py and device_jpegs.py: on the CPU, and on a GPU where there is one.

What decodes by nvImageCodec is skipped where that is not installed (requirements-cuda.txt).
"""

import numpy as np
import pytest
from PIL import Image

from bench.photos import photo_jpeg
from catalog.encoder import Encoder, open_encoder
from catalog.encoders import probes
from catalog.encoders.device_jpegs import DeviceJpegs, can_decode_on
from catalog.encoders.device_pixels import (
    embed_pixels,
    pixels_of_jpegs,
    pixels_of_pictures,
    resized_there,
)
from catalog.encoders.image_plan import ImagePlan
from catalog.encoders.torch_runtime import image_plan_of, load_model
from catalog.errors import ImageNotAnImage, ImageUndecodable
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


DEVICES = pytest.mark.parametrize(
    "device",
    [
        pytest.param(
            one, marks=pytest.mark.skipif(not can_decode_on(one), reason=f"no nvImageCodec on {one}")
        )
        for one in ("cpu", "cuda")
    ],
)


@DEVICES
def test_jpegs_decoded_there_become_the_same_vectors(
    plan: ImagePlan, reference: Encoder, device: str
) -> None:
    contents = [encoded(picture, quality=90) for picture in probes.pictures() if min(picture.size) > 30]
    model = load_model(BUNDLED_MODEL, threads=1, device=device)
    pixels, done = pixels_of_jpegs(plan, [*contents, b"no picture"], device)
    assert done == list(range(len(contents)))
    decoded = [decode_image(content, ImageLimits()) for content in contents]
    cosines = (embed_pixels(model, pixels) * reference.encode_images(decoded)).sum(axis=1)
    assert cosines.min() >= 0.999  # decoders round in their own ways, and a GPU runs the model in float16


@DEVICES
def test_jpegs_are_decoded_there_as_small_as_they_are_used(reference: Encoder, device: str) -> None:
    jpegs = DeviceJpegs(device)
    contents = [photo_jpeg(width, height, 3) for width, height in ((1000, 1500), (301, 403), (90, 70))]
    for content in contents:
        there = decode_image(content, ImageLimits(), 240, 240, jpegs)
        here = decode_image(content, ImageLimits(), 240, 240)
        assert there.size == here.size
        cosine = (reference.encode_images([there]) * reference.encode_images([here])).sum()
        assert cosine >= 0.999


@DEVICES
def test_what_cannot_be_decoded_there_is_refused_as_ever(device: str) -> None:
    jpegs = DeviceJpegs(device)
    with pytest.raises(ImageNotAnImage):
        decode_image(b"no picture", ImageLimits(), 240, jpegs=jpegs)
    with pytest.raises(ImageUndecodable):
        decode_image(photo_jpeg(300, 400, 1)[:4000], ImageLimits(), 240, jpegs=jpegs)


def test_a_decoder_has_the_first_try_at_jpegs_in_colour_only() -> None:
    asked: list[int] = []

    def refuse(content: bytes, factor: int) -> None:
        asked.append(factor)

    photo = photo_jpeg(1000, 1500, 1)
    assert (
        decode_image(photo, ImageLimits(), 240, jpegs=refuse).size
        == decode_image(photo, ImageLimits(), 240).size
    )
    grey = Image.new("L", (600, 600), 9)
    for kind in ("JPEG", "PNG"):
        decode_image(encoded(grey, kind), ImageLimits(), 240, jpegs=refuse)
    decode_image(encoded(grey.convert("RGB"), "PNG"), ImageLimits(), 240, jpegs=refuse)
    assert asked == [4]
