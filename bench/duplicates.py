"""How many pictures in another form are told as the same one: `python -m bench.duplicates FOLDER`.

FOLDER holds products.csv and its pictures. Forms of each are compared with it, by hash, by cosine and by
either as `fold_duplicates` does; pairs of different products that are taken for one are counted beside.
"""

import argparse
import csv
import io
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from bench.machine import machine
from catalog.encoder import Encoder, Vectors, open_encoder
from catalog.images import ImageLimits, decode_image, reduced
from catalog.near_duplicates import SAME_PICTURE
from catalog.near_pairs import near_pairs
from catalog.picture_hash import are_near, as_bytes, picture_hashes
from catalog.settings import Settings

SIDE_PX, LONGER_PX = 240, 360
Picture = Image.Image


def _cropped(picture: Picture, share: float) -> Picture:
    left, top = max(1, round(picture.width * share)), max(1, round(picture.height * share))
    return picture.crop((left, top, picture.width - left, picture.height - top))


def _another_colour(picture: Picture) -> Picture:
    hues = np.asarray(picture.convert("HSV")).copy()
    hues[..., 0] += 90
    return Image.fromarray(hues, "HSV").convert("RGB")


FORMS: dict[str, Callable[[Picture], Picture]] = {
    "JPEG at quality 60": lambda picture: picture,
    "half the size": lambda picture: picture.resize((picture.width // 2, picture.height // 2)),
    "a tenth narrower": lambda picture: picture.resize((picture.width * 9 // 10, picture.height)),
    "brighter by a tenth": lambda picture: ImageEnhance.Brightness(picture).enhance(1.1),
    "more contrast": lambda picture: ImageEnhance.Contrast(picture).enhance(1.15),
    "white border, 5 %": lambda picture: ImageOps.expand(picture, max(1, picture.width // 20), "white"),
    "cropped by 3 %": lambda picture: _cropped(picture, 0.03),
    "cropped by 6 %": lambda picture: _cropped(picture, 0.06),
    "mirrored": ImageOps.mirror,
    "in another colour (not the same)": _another_colour,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.duplicates", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=1_000)
    parser.add_argument("--forms-of", type=int, default=300)
    options = parser.parse_args()
    print(machine())
    contents = _contents(options.folder, options.pictures)
    encoder = open_encoder(Settings(_env_file=None))
    began = time.process_time()
    pictures = [_decoded(content) for content in contents]
    decoded = time.process_time()
    hashes = [picture_hashes(picture) for picture in pictures]
    hashed = time.process_time()
    to_decode, to_hash = (
        (end - start) / len(pictures) * 1e6 for start, end in ((began, decoded), (decoded, hashed))
    )
    print(f"{to_decode:.0f} µs to decode one, {to_hash:.0f} to hash it")
    vectors = _vectors(encoder, pictures)
    _print_false_pairs(hashes, vectors)
    whole = [decode_image(content, ImageLimits()) for content in contents[: options.forms_of]]
    for name, form in FORMS.items():
        _print_form(
            name,
            [_jpeg(form(picture), 60 if "60" in name else 90) for picture in whole],
            hashes,
            vectors,
            encoder,
        )


def _print_false_pairs(hashes: Sequence[Sequence[str]], vectors: Vectors) -> None:
    owners = np.repeat(np.arange(len(hashes)), [len(own) for own in hashes])
    rows = as_bytes([one for own in hashes for one in own])
    began = time.perf_counter()
    pairs = {tuple(sorted(owners[pair].tolist())) for found in near_pairs(rows) for pair in found}
    seconds = time.perf_counter() - began
    near = {pair for pair in pairs if pair[0] != pair[1]}
    alike = np.triu(vectors @ vectors.T >= SAME_PICTURE, k=1)
    both = near | {(int(i), int(j)) for i, j in np.argwhere(alike)}
    print(
        f"pairs of {len(hashes)} different products taken for one: {len(near)} by hash ({seconds:.2f} s),"
        f" {int(alike.sum())} by cosine, {len(both)} by either", flush=True,
    )  # fmt: skip


def _print_form(
    name: str, contents: Sequence[bytes], hashes: Sequence[Sequence[str]], vectors: Vectors, encoder: Encoder
) -> None:
    pictures = [_decoded(content) for content in contents]
    near = np.array([_are_near(picture_hashes(one), own) for one, own in zip(pictures, hashes, strict=False)])
    cosines = (_vectors(encoder, pictures) * vectors[: len(pictures)]).sum(axis=1)
    alike = cosines >= SAME_PICTURE
    shares = {"hash": near, "cosine": alike, "either": near | alike}
    print(f"{name:34}", *(f"by {what} {share.mean():.2f}" for what, share in shares.items()), flush=True)


def _are_near(some: Sequence[str], others: Sequence[str]) -> bool:
    return bool(are_near(as_bytes(some)[:, None], as_bytes(others)[None]).any())


def _contents(folder: Path, count: int) -> list[bytes]:
    with (folder / "products.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    random.Random(1).shuffle(rows)  # noqa: S311 - pictures, no secrets
    return [(folder / row["image"]).read_bytes() for row in rows[:count]]


def _decoded(content: bytes) -> Picture:
    return decode_image(content, ImageLimits(), SIDE_PX, LONGER_PX)


def _vectors(encoder: Encoder, pictures: Sequence[Picture]) -> Vectors:
    return encoder.encode_images([reduced(picture, encoder.useful_side_px) for picture in pictures])


def _jpeg(picture: Picture, quality: int) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


if __name__ == "__main__":
    main()
