"""Sound inputs from which the damaged ones are made."""

import gzip
import io
import json
from collections.abc import Iterator

from PIL import Image

from catalog.items import Item
from ingest.feeds.kinds import KINDS
from tests.feed_formats import WRITERS
from tests.pictures import picture

_MODES = {"GIF": ("P", "L"), "BMP": ("RGB", "1"), "JPEG": ("RGB", "L", "CMYK"), "AVIF": ("RGB", "RGBA")}
_ANY_MODE = ("RGB", "RGBA", "L", "P")

# The last byte of a feed's input says as which kind it is read: seen in its content, or as it is named.
FORCED_KINDS: tuple[str | None, ...] = (None, None, *KINDS)


def pictures() -> Iterator[bytes]:
    """Every format that is taken, in several modes, with EXIF, an animation, and 16 bits."""
    plain = picture(size=(48, 40))
    exif = Image.Exif()
    exif[0x0112] = 6
    for name in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"):
        for mode in _MODES.get(name, _ANY_MODE):
            yield _saved(plain.convert(mode), name)
    yield _saved(plain, "JPEG", exif=exif, progressive=True)
    yield _saved(plain, "PNG", exif=exif, interlace=1)
    yield _saved(Image.new("I;16", (20, 20), 40_000), "PNG")
    yield _saved(Image.new("F", (20, 20), 0.5), "TIFF")
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        yield _saved(plain, "TIFF", compression=compression)
    frames = [picture(colour, (24, 24)) for colour in ((1, 2, 3), (200, 100, 0))]
    for name in ("GIF", "WEBP", "PNG"):
        yield _saved(frames[0], name, save_all=True, append_images=frames[1:])


def feeds() -> Iterator[bytes]:
    items = [
        Item(
            id=f"A{n}",
            title=f"Kleid {n} ü",
            category="dresses",
            images=[f"{n}.jpg", f"https://a.example/{n}"],
            price=9.5 * n,
            currency="EUR",
            in_stock=bool(n % 2),
            colour="red",
            description='<b>a</b>, "b"\nc',
        )
        for n in range(3)
    ]
    for number, write in enumerate(WRITERS.values()):
        content = write(items)
        yield content + b"\0"
        yield gzip.compress(content, 1) + b"\1"
        yield content + bytes([number + 2])
    yield json.dumps({"kind": "jsonl", "row": {"id": "a", "price": "1,5"}}).encode() + b"\x08"


def _saved(image: Image.Image, name: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, name, **options)  # type: ignore[arg-type]
    return stream.getvalue()
