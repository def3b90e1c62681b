"""catalog/picture_hash.py, near_pairs.py: one picture in two forms is near itself, others are not."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from catalog.near_pairs import near_pairs
from catalog.picture_hash import (
    HASH_BYTES,
    NEAR_SHADE,
    NEAR_SIGNS,
    SIGN_BYTES,
    are_near,
    as_bytes,
    picture_hashes,
)

Picture = Image.Image


def drawn(seed: int, size: tuple[int, int] = (240, 320)) -> Picture:
    """A thing of some colours on white, as shops show them."""
    dice = np.random.default_rng(seed)
    spots = Image.fromarray(dice.integers(0, 200, (10, 8, 3), dtype=np.uint8))
    thing = spots.resize((size[0] // 2, size[1] * 2 // 3), Image.Resampling.BICUBIC)
    picture = Image.new("RGB", size, (255, 255, 255))
    picture.paste(thing, (size[0] // 4, size[1] // 6))
    return picture.filter(ImageFilter.GaussianBlur(1))


def recompressed(picture: Picture, quality: int = 60) -> Picture:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality)
    return Image.open(stream).convert("RGB")


def near(one: Picture, other: Picture) -> bool:
    a, b = as_bytes(picture_hashes(one)), as_bytes(picture_hashes(other))
    return bool(are_near(a[:, None], b[None]).any())


@pytest.mark.parametrize(
    "changed",
    [
        recompressed,
        lambda picture: picture.resize((120, 160)),
        lambda picture: picture.resize((900, 1200)),
        lambda picture: picture.resize((220, 320)),
        lambda picture: ImageEnhance.Brightness(picture).enhance(1.1),
        lambda picture: ImageEnhance.Contrast(picture).enhance(1.15),
        lambda picture: ImageOps.expand(picture, 25, (30, 60, 90)),
    ],
    ids=["jpeg", "half", "larger", "squashed", "brighter", "contrast", "frame"],
)
def test_one_picture_in_two_forms_is_near_itself(changed: Callable[[Picture], Picture]) -> None:
    assert all(near(drawn(seed), changed(drawn(seed))) for seed in range(10))


@pytest.mark.parametrize(
    "changed",
    [
        lambda picture: picture.crop((8, 10, 232, 310)),
        lambda picture: ImageOps.expand(picture, 20, (255, 255, 255)),
    ],
    ids=["cropped", "margin"],
)
def test_most_pictures_with_more_or_less_of_a_margin_are_near_themselves(
    changed: Callable[[Picture], Picture],
) -> None:
    assert sum(near(drawn(seed), changed(drawn(seed))) for seed in range(20)) > 10


def test_other_pictures_are_not_near() -> None:
    pictures = [drawn(seed) for seed in range(30)]
    assert not any(near(one, other) for n, one in enumerate(pictures) for other in pictures[:n])


def test_the_same_cut_in_another_colour_is_not_near() -> None:
    hues = np.asarray(drawn(1).convert("HSV")).copy()
    hues[..., 0] += 100
    assert not near(drawn(1), Image.fromarray(hues, "HSV").convert("RGB"))


def test_a_picture_of_one_shade_has_no_hash_and_is_near_nothing() -> None:
    plain = Image.new("RGB", (200, 300), (250, 250, 250))
    assert picture_hashes(plain) == []
    assert not near(plain, plain)


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (3, 2), (64, 64), (5000, 70)])
def test_every_size_has_hashes_of_one_length(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    assert {len(one) for one in picture_hashes(Image.fromarray(noise))} <= {2 * HASH_BYTES}


def test_near_pairs_are_those_that_comparing_each_with_each_finds() -> None:
    dice = np.random.default_rng(1)
    hashes = dice.integers(0, 256, (900, HASH_BYTES), dtype=np.uint8)
    hashes[:, SIGN_BYTES:] = dice.integers(120, 130, (900, 2))
    for _ in range(400):  # copies of others, about as far away as is still near
        one, other = dice.integers(0, 900, 2)
        signs = np.unpackbits(hashes[one, :SIGN_BYTES])
        signs[dice.choice(signs.size, dice.integers(0, NEAR_SIGNS + 4), replace=False)] ^= 1
        hashes[other, :SIGN_BYTES] = np.packbits(signs)
        hashes[other, SIGN_BYTES:] = hashes[one, SIGN_BYTES:] + dice.integers(0, NEAR_SHADE + 3, 2)
    found = [tuple(sorted(pair)) for pairs in near_pairs(hashes) for pair in pairs.tolist()]
    every = np.triu(are_near(hashes[:, None], hashes[None]), k=1)
    assert len(found) == len(set(found)) > 100
    assert set(found) == {(int(i), int(j)) for i, j in np.argwhere(every)}


def test_of_no_hashes_none_are_near() -> None:
    assert list(near_pairs(as_bytes([]))) == []
