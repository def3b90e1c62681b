"""Picture bytes in, one upright RGB picture out, with every guard before a pixel is decoded."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from catalog.errors import ImageNotAnImage, ImageTooManyBytes, ImageTooManyPixels, ImageUndecodable

# Named to Pillow, so that no other of its ~40 parsers ever sees a stranger's bytes.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif")


@dataclass(frozen=True)
class ImageLimits:
    """`bytes`: of the file as sent. `pixels`: width times height as the header declares it."""

    bytes: int = 20_000_000
    pixels: int = 50_000_000


def image_sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# Decodes a JPEG to upright RGB brought to that whole fraction of its size; None if it cannot.
JpegDecoder = Callable[[bytes, int], Image.Image | None]


def decode_image(
    content: bytes,
    limits: ImageLimits,
    useful_side_px: int | None = None,
    longer_side_px: int = 1,
    jpegs: JpegDecoder | None = None,
) -> Image.Image:
    """Decode the first frame to RGB: EXIF orientation applied, alpha laid over white, metadata dropped.

    With `useful_side_px`, a picture is brought to a whole fraction of its size as long as both sides stay at
    least that long and the longer one at least `longer_side_px`; a JPEG is already decoded so. `jpegs` has
    the first try at those in colour. Raises an ImageError that says what is wrong with it.
    """
    if not content:
        raise ImageNotAnImage("The picture is empty (0 bytes).")
    if len(content) > limits.bytes:
        raise ImageTooManyBytes(
            f"The picture has {len(content):,} bytes; at most {limits.bytes:,} are taken."
        )
    picture = _open(content)
    if picture.width * picture.height > limits.pixels:
        raise ImageTooManyPixels(
            f"The picture has {picture.width} x {picture.height} pixels; at most {limits.pixels:,} are taken."
        )
    if jpegs is not None and (picture.format, picture.mode) == ("JPEG", "RGB"):
        factor = _factor(picture.size, useful_side_px, longer_side_px) if useful_side_px else 1
        if (decoded := jpegs(content, factor)) is not None:
            return decoded
    return _decode(picture, useful_side_px, longer_side_px)


def reduced(picture: Image.Image, useful_side_px: int, longer_side_px: int = 1) -> Image.Image:
    """The picture brought to a whole fraction of its size, as `decode_image` has it."""
    factor = _factor(picture.size, useful_side_px, longer_side_px)
    return picture.reduce(factor) if factor > 1 else picture  # averages whole pixels: cheap, no aliasing


def _factor(size: tuple[int, int], useful_side_px: int, longer_side_px: int) -> int:
    return max(1, min(min(size) // useful_side_px, max(size) // longer_side_px))


def _open(content: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise ImageNotAnImage(f"Not a picture in one of the formats {', '.join(FORMATS)}.") from error
    except Image.DecompressionBombError as error:
        raise ImageTooManyPixels("The picture declares far more pixels than are taken.") from error
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, OverflowError) as error:
        raise ImageUndecodable("The picture is damaged: its header cannot be read.") from error


def _decode(picture: Image.Image, useful_side_px: int | None, longer_side_px: int) -> Image.Image:
    try:
        if useful_side_px:
            factor = _factor(picture.size, useful_side_px, longer_side_px)
            picture.draft("RGB", (picture.width // factor, picture.height // factor))
        picture.load()
        rgb = _to_rgb(_upright(picture))
        return reduced(rgb, useful_side_px, longer_side_px) if useful_side_px else rgb
    # What Pillow's decoders raise on damaged data; anything else is a defect of ours and must surface.
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, OverflowError) as error:
        raise ImageUndecodable("The picture is damaged or truncated.") from error


def _upright(picture: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(picture)
    except (OSError, ValueError, SyntaxError, KeyError, TypeError, OverflowError):
        return picture  # Broken EXIF: the pixels are sound, only their orientation is unknown.


def _to_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I") or picture.mode == "F":
        return _from_deep_grey(picture)
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        white = Image.new("RGBA", layer.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, layer).convert("RGB")
    rgb = picture.convert("RGB")
    rgb.info = {}
    return rgb


def _from_deep_grey(picture: Image.Image) -> Image.Image:
    """Scale 16-bit or float grey to 8 bits; Pillow's own conversion clips everything above 255 to white."""
    grey = np.asarray(picture, dtype=np.float32)
    if not np.isfinite(grey).all():
        raise ImageUndecodable("The picture holds values that are not numbers.")
    full = 65535.0 if picture.mode.startswith("I") else max(float(grey.max(initial=0.0)), 1.0)
    return Image.fromarray(np.clip(grey * (255.0 / full), 0, 255).astype(np.uint8)).convert("RGB")
