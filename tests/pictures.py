"""Pictures for tests, good and bad."""

import io
from typing import Any

from PIL import Image, ImageDraw

RED, BLUE, WHITE = (200, 20, 40), (30, 60, 180), (255, 255, 255)


def picture(colour: tuple[int, int, int] = RED, size: tuple[int, int] = (120, 150)) -> Image.Image:
    """A coloured shape on white, so that pictures of different colours differ for the model too."""
    image = Image.new("RGB", size, WHITE)
    width, height = size
    ImageDraw.Draw(image).rectangle((width // 4, height // 6, 3 * width // 4, 5 * height // 6), fill=colour)
    return image


def encoded(image: Image.Image, format: str = "JPEG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def jpeg(colour: tuple[int, int, int] = RED, size: tuple[int, int] = (120, 150)) -> bytes:
    return encoded(picture(colour, size), "JPEG", quality=90)


def huge_png_header(width: int = 60_000, height: int = 60_000) -> bytes:
    """A small file that declares very many pixels."""
    small = encoded(Image.new("1", (8, 8)), "PNG")
    import struct
    import zlib

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunk = b"IHDR" + header
    return small[:8] + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + small[33:]
