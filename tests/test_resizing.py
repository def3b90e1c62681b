"""catalog/resizing.py: the same pixels as Pillow's, whatever the shape."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from catalog.resizing import resized

SIDES = st.integers(1, 400)
FILTERS = [one for one in Image.Resampling if one != Image.Resampling.NEAREST]


def noise(width: int, height: int) -> Image.Image:
    """What shows every difference."""
    random = np.random.default_rng(width * 1000 + height)
    return Image.fromarray(random.integers(0, 256, (height, width, 3), dtype=np.uint8))


def differences(picture: Image.Image, size: tuple[int, int], resample: Image.Resampling) -> np.ndarray:
    """In levels of 255."""
    ours, pillows = resized(picture, size, resample), picture.resize(size, resample)
    assert ours.mode == "RGB" and ours.size == size
    return np.abs(np.asarray(ours, np.int16) - np.asarray(pillows, np.int16))


@given(SIDES, SIDES, st.sampled_from([(160, 160), (224, 224), (224, 336), (336, 224), (97, 31)]))
def test_a_picture_of_any_shape_is_resized_as_by_pillow(
    width: int, height: int, size: tuple[int, int]
) -> None:
    found = differences(noise(width, height), size, Image.Resampling.BICUBIC)
    assert found.max() <= 2 and found.mean() < 0.05, "0.2 if the other side were shortened first"


@pytest.mark.parametrize("resample", FILTERS)
def test_every_filter_is_pillows(resample: Image.Resampling) -> None:
    found = differences(noise(300, 400), (160, 200), resample)
    assert found.max() <= 2 and found.mean() < 0.05


def test_threads_do_not_disturb_each_other() -> None:
    pictures = [noise(300 + n, 400) for n in range(8)]
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda one: resized(one, (160, 160), Image.Resampling.BICUBIC), pictures * 8))
    alone = [resized(one, (160, 160), Image.Resampling.BICUBIC) for one in pictures]
    assert all(one.tobytes() == other.tobytes() for one, other in zip(done, alone * 8, strict=True))
