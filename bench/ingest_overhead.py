"""What an ingest costs beside decoding and embedding: `python -m bench.encoder --only ingest`.

The second of two ingests, into another collection, finds the thumbnails that the first has written: its
steps are reading, decoding, hashing, embedding and upserting.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson

from bench.photos import photo_jpeg
from catalog.allocator import collect_seldom, return_memory_early
from catalog.collection import connect
from catalog.encoder import Encoder, open_encoder
from catalog.images import ImageLimits, decode_image
from catalog.index import ItemIndex
from catalog.settings import Settings
from ingest.feeds.open_feed import open_feed
from ingest.pipeline import ingest
from tests.vectorstore_process import serving

GOAL = 0.8
PICTURES = 2048
SIZES = ((1000, 1500), (300, 400))


def print_ingest(model: Path, rounds: int) -> None:
    """Pictures a second of a whole ingest, over those of decoding and embedding alone on every core."""
    # As an ingest does; earlier it would slow plain sentence-transformers down.
    return_memory_early()
    collect_seldom()
    # Nothing is deleted before the end: ext4 takes 1 ms for a new file while others have just been deleted.
    with tempfile.TemporaryDirectory() as name:
        for width, height in SIZES:
            folder = Path(name) / f"{width}x{height}"
            folder.mkdir()
            feed = _write_feed(folder, width, height)
            with serving(folder / "store") as store:
                rates = [_rates(model, folder, feed, store.url, number) for number in range(rounds)]
            _print_rates(f"{width}x{height}", rates)


def _print_rates(size: str, rates: Sequence[tuple[float, float, float]]) -> None:
    alone = statistics.median(one[0] for one in rates)
    for column, what in ((2, "read, decode, embed, upsert"), (1, "and write thumbnails")):
        ratio = statistics.median(one[column] / one[0] for one in rates)
        rate = statistics.median(one[column] for one in rates)
        goal = "" if column == 1 else f"  goal {GOAL} {'ok' if ratio >= GOAL else 'MISSED'}"
        print(
            f"{what}, {size}: {rate:.0f} of {alone:.0f} images/s that decoding and embedding alone reach: "
            f"{ratio:.2f}{goal}", flush=True,
        )  # fmt: skip


def _write_feed(folder: Path, width: int, height: int) -> Path:
    photos = [photo_jpeg(width, height, seed) for seed in range(32)]
    rows = []
    for n in range(PICTURES):
        # A comment of its own makes each file a picture of its own.
        (folder / f"{n}.jpg").write_bytes(photos[n % len(photos)] + f"{n}".encode())
        rows.append(
            orjson.dumps({"id": f"A{n}", "title": f"Dress {n}", "category": "x", "images": [f"{n}.jpg"]})
        )
    feed = folder / "feed.jsonl"
    feed.write_bytes(b"\n".join(rows))
    return feed


def _rates(model: Path, folder: Path, feed: Path, url: str, number: int) -> tuple[float, float, float]:
    """Pictures a second: decoded and embedded alone; ingested; ingested where the thumbnails are there."""
    settings = Settings(
        _env_file=None, clip_model=str(model), qdrant_url=url, thumbnail_dir=folder / f"thumbnails-{number}"
    )
    encoder = open_encoder(settings)
    encoder.encode_images([decode_image((folder / "0.jpg").read_bytes(), ImageLimits())])
    client = connect(settings)
    rates = [_alone(encoder, folder)]
    for run in range(2):
        index = ItemIndex(client, url, f"bench-{number}-{run}", encoder)
        index.ensure()  # a collection is made once, not by every ingest
        started = time.perf_counter()
        report = ingest(open_feed(str(feed)), settings, encoder, index)
        assert report.pictures_embedded == PICTURES, report
        rates.append(PICTURES / (time.perf_counter() - started))
    client.close()
    return rates[0], rates[1], rates[2]


def _alone(encoder: Encoder, folder: Path) -> float:
    """As fast as all cores can: read, decode and embed, nothing ever waiting for anything."""
    batches = [range(start, start + 8) for start in range(0, PICTURES, 8)]

    def embed(batch: range) -> None:
        contents = [(folder / f"{n}.jpg").read_bytes() for n in batch]
        encoder.encode_images([decode_image(c, ImageLimits(), encoder.useful_side_px) for c in contents])

    started = time.perf_counter()
    with ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        list(pool.map(embed, batches))
    return PICTURES / (time.perf_counter() - started)
