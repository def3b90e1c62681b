"""Whether memory stays flat on an endless feed: `python -m bench.memory [ROWS]`, 200,000 by default.

Ingests generated rows into a store; every row has a title of its own and one of 50 small pictures, so each is
embedded anew. The model is a small CLIP with random weights, run like any other, so that the rows and not the
arithmetic take the time. The memory is the ingest's own process, taken once a tenth of the way.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from bench.machine import machine
from bench.photos import photo_jpeg
from catalog.allocator import return_memory_early
from catalog.collection import connect
from catalog.encoder import open_encoder
from catalog.index import ItemIndex
from catalog.settings import Settings
from ingest.feeds.open_feed import Feed
from ingest.feeds.rows import Row
from ingest.pipeline import ingest
from ingest.report import Report
from tests.processes import run_program
from tests.vectorstore_process import serving

PICTURES = 50


def rows(count: int) -> Iterator[Row]:
    for n in range(count):
        fields = {"id": f"A{n}", "title": f"Dress {n}", "category": "x", "images": [f"{n % PICTURES}.jpg"]}
        yield Row(f"row {n}", fields)


def resident_mb() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


def peak_mb() -> float:
    # Not getrusage's, which begins with what the process had that started this one.
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def growth_mb(count: int, folder: Path, url: str) -> tuple[float, float]:
    """Ingest `count` rows; how much memory grew after the first tenth, and its peak above the start."""
    for n in range(PICTURES):
        (folder / f"{n}.jpg").write_bytes(photo_jpeg(60, 80, n))
    # In a process of its own: PyTorch's memory is none of the ingest's.
    made = run_program("-m", "tests.clip_models", folder / "small-clip")
    assert made.returncode == 0, made.stderr
    settings = Settings(
        _env_file=None, qdrant_url=url, thumbnail_dir=folder / "thumbnails",
        clip_model=str(folder / "small-clip"), encoder_cache_dir=folder / "cache",
        encoder_runtime="onnx",
    )  # fmt: skip
    encoder = open_encoder(settings)
    client = connect(settings)
    encoder.encode_images([Image.new("RGB", (60, 80))])
    at_start = resident_mb()
    seen: list[float] = []
    started = time.perf_counter()

    def watch(report: Report) -> None:
        if report.read >= (len(seen) + 1) * count / 10:
            seen.append(resident_mb())
            print(
                f"{report.read:>8,} rows  {time.perf_counter() - started:7.0f} s  {seen[-1]:6.0f} MB",
                flush=True,
            )

    feed = Feed("generated", folder, rows(count))
    report = ingest(feed, settings, encoder, ItemIndex(client, url, "memory", encoder), watch)
    assert report.ok and report.pictures_embedded == count, report
    client.close()
    return max(seen) - seen[0], peak_mb() - at_start


def main() -> None:
    return_memory_early()
    print(machine())
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    with tempfile.TemporaryDirectory() as name, serving() as store:
        growth, peak = growth_mb(count, Path(name), store.url)
        print(f"grew by {growth:.0f} MB after the first tenth; peak {peak:.0f} MB above the start")


if __name__ == "__main__":
    main()
