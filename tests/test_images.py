"""catalog/images.py: every kind of picture that a shop or a customer may send."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from catalog.errors import (
    ImageError,
    ImageNotAnImage,
    ImageTooManyBytes,
    ImageTooManyPixels,
    ImageUndecodable,
)
from catalog.images import ImageLimits, decode_image, reduced
from tests.pictures import BLUE, RED, encoded, huge_png_header, jpeg, picture

LIMITS = ImageLimits()


def middle(image: Image.Image) -> tuple[int, ...]:
    pixel = image.getpixel((image.width // 2, image.height // 2))
    assert isinstance(pixel, tuple)
    return pixel


def assert_near(pixel: tuple[int, ...], colour: tuple[int, int, int], tolerance: int = 12) -> None:
    assert len(pixel) == 3
    assert all(abs(a - b) <= tolerance for a, b in zip(pixel, colour, strict=True)), (pixel, colour)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "AVIF"])
def test_every_format_is_decoded_to_rgb(format: str) -> None:
    image = decode_image(encoded(picture(RED), format), LIMITS)
    assert (image.mode, image.size) == ("RGB", (120, 150))
    assert_near(middle(image), RED)


def test_cmyk_is_decoded_to_rgb() -> None:
    content = encoded(picture(RED).convert("CMYK"), "JPEG", quality=95)
    assert_near(middle(decode_image(content, LIMITS)), RED, tolerance=30)


def test_a_palette_is_decoded_to_rgb() -> None:
    assert_near(middle(decode_image(encoded(picture(BLUE).quantize(16), "PNG"), LIMITS)), BLUE)


def test_sixteen_bit_grey_keeps_its_shades() -> None:
    ramp = np.linspace(0, 65535, 100, dtype=np.uint16)[None, :].repeat(10, axis=0)
    image = decode_image(encoded(Image.fromarray(ramp), "PNG"), LIMITS)
    greys = [image.getpixel((x, 5))[0] for x in (0, 50, 99)]  # type: ignore[index]
    assert greys == pytest.approx([0, 128, 255], abs=2)


def test_only_the_first_frame_of_an_animation_is_taken() -> None:
    frames = [picture(RED), picture(BLUE)]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert_near(middle(decode_image(content, LIMITS)), RED)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_laid_over_white(mode: str) -> None:
    clear = Image.new(mode, (40, 40))
    assert middle(decode_image(encoded(clear, "PNG"), LIMITS)) == (255, 255, 255)


def test_a_transparent_palette_colour_is_laid_over_white() -> None:
    content = encoded(Image.new("P", (40, 40), 0), "PNG", transparency=0)
    assert middle(decode_image(content, LIMITS)) == (255, 255, 255)


def test_exif_orientation_is_applied() -> None:
    upright = Image.new("RGB", (60, 100), RED)
    upright.paste(BLUE, (0, 50, 60, 100))  # blue below
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: show it turned by 90 degrees clockwise
    content = encoded(upright.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif, quality=95)
    image = decode_image(content, LIMITS)
    assert image.size == (60, 100)
    assert_near(image.getpixel((30, 80)), BLUE)  # type: ignore[arg-type]
    assert not image.getexif(), "metadata is dropped"


def test_an_empty_file_is_not_an_image() -> None:
    with pytest.raises(ImageNotAnImage, match="empty"):
        decode_image(b"", LIMITS)


@pytest.mark.parametrize(
    "content", [b"hello", b"<html>not found</html>", b"%PDF-1.7 ...", b"\x00" * 1000], ids=repr
)
def test_other_files_are_not_images(content: bytes) -> None:
    with pytest.raises(ImageNotAnImage):
        decode_image(content, LIMITS)


def test_a_format_that_we_do_not_name_is_not_opened() -> None:
    content = encoded(picture(), "PPM")
    with pytest.raises(ImageNotAnImage, match="JPEG, PNG"):
        decode_image(content, LIMITS)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_a_truncated_picture_is_undecodable(format: str) -> None:
    content = encoded(picture(size=(400, 500)), format)
    with pytest.raises(ImageUndecodable):
        decode_image(content[: len(content) // 2], LIMITS)


def test_too_many_bytes_are_refused_before_anything_is_parsed() -> None:
    with pytest.raises(ImageTooManyBytes, match="at most 1,000"):
        decode_image(b"x" * 1001, ImageLimits(bytes=1000))


@pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (8_000, 7_000)])
def test_too_many_pixels_are_refused_before_they_are_decoded(width: int, height: int) -> None:
    with pytest.raises(ImageTooManyPixels):
        decode_image(huge_png_header(width, height), LIMITS)


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_a_large_picture_is_brought_near_the_useful_side(format: str) -> None:
    image = decode_image(encoded(picture(size=(1000, 1500)), format), LIMITS, useful_side_px=320)
    assert 320 <= min(image.size) < 640
    assert_near(middle(image), RED)


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_the_longer_side_is_kept_as_long_as_asked(format: str) -> None:
    content = encoded(picture(size=(1000, 1500)), format)
    image = decode_image(content, LIMITS, useful_side_px=240, longer_side_px=400)
    assert 400 <= max(image.size) < 800
    assert min(decode_image(content, LIMITS, useful_side_px=240).size) < 300
    assert 240 <= min(reduced(image, 240).size) < 480


def test_a_small_picture_keeps_its_size() -> None:
    assert decode_image(jpeg(size=(60, 80)), LIMITS, useful_side_px=320).size == (60, 80)


@settings(max_examples=300, deadline=None)
@given(
    format=st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"]),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=20),
)
def test_damaged_bytes_are_decoded_or_refused_but_never_crash(
    format: str, cuts: list[tuple[float, int]]
) -> None:
    content = bytearray(encoded(picture(size=(64, 64)), format))
    for place, byte in cuts:
        content[int(place * (len(content) - 1))] = byte
    try:
        image = decode_image(bytes(content), LIMITS, useful_side_px=32)
    except ImageError:
        return
    assert image.mode == "RGB"
    assert image.tobytes() == Image.open(io.BytesIO(encoded(image, "PNG"))).tobytes()
