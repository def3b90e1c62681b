"""How much faster Vitrine embeds than plain sentence-transformers: `python -m bench.encoder`.

Both sides have the same weights, the same JPEG bytes and the same number of threads, and take turns; a ratio
is the median of the rounds' ratios. Plain sentence-transformers is called as `encode(Image.open(...))`, once
a picture, and beside that with all pictures in one call.
"""

import argparse
import io
import os
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from PIL import Image
from sentence_transformers import SentenceTransformer
from transformers.utils import logging as transformers_logging

from bench.cuda import print_cuda
from bench.ingest_overhead import print_ingest
from bench.machine import machine
from bench.photos import photo_jpeg
from catalog.encoder import Encoder, open_encoder
from catalog.images import ImageLimits, decode_image
from catalog.settings import BUNDLED_MODEL, Settings
from tests.clip_models import save_clip

SIZES = ((1000, 1500), (300, 400))
GOALS = {"compact": 3.0, "vit-b32": 2.0}
TEXT_GOAL = 3.0
PICTURES = {"compact": 64, "vit-b32": 16}
TEXTS = 40


def vit_b32(folder: Path) -> Path:
    """A folder of ViT-B/32's true shape with random weights, made once."""
    path = folder / "vit-b32"
    return path if (path / "modules.json").is_file() else save_clip(path)


def print_encoder(name: str, model: Path, threads: int, rounds: int) -> None:
    """Pictures and texts a second of both sides, at `threads` threads each."""
    torch.set_num_threads(threads)
    settings = Settings(
        _env_file=None, clip_model=str(model), encoder_runtime="onnx", encoder_threads=threads,
        remembered_texts=1,
    )  # fmt: skip
    ours = open_encoder(settings)
    stock = SentenceTransformer(str(model), device="cpu", local_files_only=True)
    for width, height in SIZES:
        photos = [photo_jpeg(width, height, seed) for seed in range(PICTURES[name])]
        kilobytes = statistics.mean(map(len, photos)) / 1000
        case = f"{name}, {width}x{height} JPEG of {kilobytes:.0f} kB, {threads} thread(s)"
        print_pictures(case, stock, ours, photos, threads, rounds, GOALS[name])
    words = [f"red floral dress number {n}" for n in range(TEXTS)]
    sides = [
        lambda: [stock.encode({"text": text}) for text in words],
        lambda: [ours.encode_texts([text]) for text in words],
    ]
    rates, ratios = compared(sides, TEXTS, rounds)
    case = f"{name}, one text query, {threads} thread(s)"
    print_row(case, "texts/s", rates[0], rates[1], ratios[0], TEXT_GOAL)


def print_pictures(
    case: str,
    stock: SentenceTransformer,
    ours: Encoder,
    photos: Sequence[bytes],
    threads: int,
    rounds: int,
    goal: float,
) -> None:
    with ThreadPoolExecutor(threads) as pool:
        sides = [
            lambda: [stock.encode(Image.open(io.BytesIO(photo))) for photo in photos],
            lambda: stock.encode([Image.open(io.BytesIO(photo)) for photo in photos]),
            lambda: embed(ours, photos, pool),
        ]
        rates, ratios = compared(sides, len(photos), rounds)
    print_row(case, "images/s", rates[0], rates[2], ratios[0], goal)
    print_row("    against one call, in batches of 32", "images/s", rates[1], rates[2], ratios[1], goal)


def embed(encoder: Encoder, photos: Sequence[bytes], pool: ThreadPoolExecutor) -> None:
    """Decode in the pool and embed, as an ingest does."""
    decoded = pool.map(lambda photo: decode_image(photo, ImageLimits(), encoder.useful_side_px), photos)
    encoder.encode_images(list(decoded))


def compared(
    sides: Sequence[Callable[[], object]], count: int, rounds: int
) -> tuple[list[float], list[float]]:
    """The median rate of each side, and how many times each one's rate the last has: the median of rounds."""
    for side in sides:
        side()  # loads, and fills caches
    seconds: list[list[float]] = []
    for _ in range(rounds):
        seconds.append([timed(side) for side in sides])
    rates = [count / statistics.median(one) for one in zip(*seconds, strict=True)]
    ratios = [[one / turns[-1] for one in turns] for turns in seconds]
    return rates, [statistics.median(one) for one in zip(*ratios, strict=True)]


def timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def print_row(case: str, unit: str, stock: float, ours: float, ratio: float, goal: float) -> None:
    verdict = "ok" if ratio >= goal else "MISSED"
    figures = f"{stock:8.1f} -> {ours:8.1f} {unit:<8}"
    print(f"{case:<62} {figures} {ratio:5.2f}x  goal {goal:.1f}x {verdict}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, default=Path("var/bench"), help="where ViT-B/32 is kept")
    parser.add_argument("--threads", type=int, nargs="*", default=[1, os.cpu_count() or 1])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=("compact", "vit-b32", "ingest"))
    parser.add_argument("--device", choices=("cpu", "cuda", "trial"), default="cpu")
    options = parser.parse_args()
    transformers_logging.disable_progress_bar()
    print(machine(), flush=True)
    if options.device != "cpu":
        device = "cuda" if options.device == "cuda" else "cpu"
        return print_cuda(vit_b32(options.models), options.rounds, device)
    for name in PICTURES:
        if options.only in (None, name):
            model = BUNDLED_MODEL if name == "compact" else vit_b32(options.models)
            for threads in sorted(set(options.threads)):
                print_encoder(name, model, threads, options.rounds)
    if options.only in (None, "ingest"):
        print_ingest(BUNDLED_MODEL, options.rounds)


if __name__ == "__main__":
    main()
