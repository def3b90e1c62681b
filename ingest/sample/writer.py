"""Writes the sample catalogue: products.csv and its pictures, each file whole or not there at all."""

import csv
import io
import logging
import os
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from ingest.sample.catalogue import Product, picture, products

EDITION: Final = "2"  # raise it when the drawings change: pictures of another edition are drawn anew
JPEG_QUALITY: Final = 88
COLUMNS: Final = ("id", "title", "description", "category", "brand", "colour", "gender", "pattern", "sleeve", "price",
                  "currency", "in_stock", "url", "images")

log = logging.getLogger(__name__)


def draw_catalogue(folder: Path) -> int:
    """Draw the sample catalogue into `folder` and return its number of products.

    Files that are already there are kept, so an interrupted run is completed by the next one and a complete
    catalogue is left untouched. Raises OSError when the folder cannot be written.
    """
    started = time.monotonic()
    (folder / "images").mkdir(parents=True, exist_ok=True)
    shop = products()
    _clear_other_editions(folder, shop)
    drawn = _draw_all(folder, shop)
    _write(folder / "products.csv", _table(shop).encode())
    log.info("sample catalogue products=%d drawn=%d seconds=%.1f", len(shop), drawn, time.monotonic() - started)
    return len(shop)


def _draw_all(folder: Path, shop: list[Product]) -> int:
    """Draw what is missing, on every core; returns how many pictures that was."""
    unfinished = [product for product in shop if not all(_whole(folder / name) for name in product.images)]
    if not unfinished:
        return 0
    # Not forked: the caller may have threads.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        return sum(pool.map(partial(_draw_missing, folder), unfinished, chunksize=8))


def _clear_other_editions(folder: Path, shop: list[Product]) -> None:
    """Remove our pictures (and no other file) when they were drawn by another edition."""
    stamp = folder / ".edition"
    if stamp.exists() and stamp.read_text() == EDITION:
        return
    for product in shop:
        for name in product.images:
            (folder / name).unlink(missing_ok=True)
    _write(stamp, EDITION.encode())


def _draw_missing(folder: Path, product: Product) -> int:
    """Draw those pictures of a product that are not there yet; returns how many."""
    missing = [number for number, name in enumerate(product.images) if not _whole(folder / name)]
    for number in missing:
        jpeg = io.BytesIO()
        picture(product, number).save(jpeg, "JPEG", quality=JPEG_QUALITY, subsampling=0, optimize=True)
        _write(folder / product.images[number], jpeg.getvalue())
    return len(missing)


def _whole(path: Path) -> bool:
    # Files appear by renaming only, so one that is there is whole; an empty one is a power cut's.
    return path.exists() and path.stat().st_size > 0


def _table(shop: list[Product]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(product.row() for product in shop)
    return text.getvalue()


def _write(path: Path, content: bytes) -> None:
    """Write a file by renaming a finished one into its place; nothing happens when it already says the same."""
    if path.exists() and path.read_bytes() == content:
        return
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
