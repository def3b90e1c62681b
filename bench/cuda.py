"""What a CUDA device embeds: `python -m bench.encoder --device cuda`. It has not been run on one yet.

`--device trial` runs the same on the CPU, to see that it runs: its figures say nothing of a GPU.

Pictures a second by ViT-B/32's shape in float16: the bare forward pass on pixels that lie on the device, our
embedding of decoded pictures, and both ways from JPEG bytes: decoded by all CPU cores, and on the device.
"""

import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch

from bench.photos import photo_jpeg
from catalog.encoders.device_jpegs import can_decode_on
from catalog.encoders.device_pixels import embed_pixels, pixels_of_jpegs, pixels_of_pictures
from catalog.encoders.torch_runtime import SentenceTransformerEncoder, image_plan_of, load_model
from catalog.images import ImageLimits, decode_image

BATCHES = (64, 128, 256, 512)
FORWARD_GOAL, DECODE_GOAL = 0.8, 8.0


def print_cuda(model_folder: Path, rounds: int, device: str = "cuda") -> None:
    name = torch.cuda.get_device_name() if device == "cuda" else "no GPU: a trial run on the CPU"
    print(f"{name}, {os.cpu_count()} cores", flush=True)
    model = load_model(model_folder, os.cpu_count() or 1, device)
    encoder = SentenceTransformerEncoder(model_folder, 0, 1, device)
    plan = image_plan_of(model[0])
    photos = [photo_jpeg(1000, 1500, seed) for seed in range(32)]
    decoded = [decode_image(photo, ImageLimits(), encoder.useful_side_px) for photo in photos]
    small = [picture.resize(plan.shape[::-1]) for picture in decoded]
    for size in BATCHES if device == "cuda" else BATCHES[:1]:
        pictures, contents = (many * (size // 32) for many in (small, photos))
        pixels = pixels_of_pictures(plan, pictures, device)
        forward = rate(lambda pixels=pixels: embed_pixels(model, pixels), size, rounds)
        ours = rate(lambda pictures=pictures: encoder.encode_images(pictures), size, rounds)
        print(
            f"batch {size}: forward {forward:.0f}/s; from decoded pictures {ours:.0f}/s, "
            f"{ours / forward:.2f} of it, goal {FORWARD_GOAL}", flush=True,
        )  # fmt: skip
        with ThreadPoolExecutor(os.cpu_count()) as pool:

            def from_bytes(contents: list[bytes] = contents, pool: ThreadPoolExecutor = pool) -> None:
                ready = pool.map(lambda c: decode_image(c, ImageLimits(), encoder.useful_side_px), contents)
                encoder.encode_images(list(ready))

            by_cpu = rate(from_bytes, size, rounds)
        print(f"batch {size}: from JPEGs of 1000x1500 by {os.cpu_count()} cores {by_cpu:.0f}/s", flush=True)
        if can_decode_on(device):
            there = rate(
                lambda contents=contents: embed_pixels(model, pixels_of_jpegs(plan, contents, device)[0]),
                size, rounds,
            )  # fmt: skip
            times = f"{there / by_cpu:.1f} times, goal {DECODE_GOAL}"
            print(f"batch {size}: decoded on the device {there:.0f}/s, {times}", flush=True)


def rate(call: Callable[[], object], count: int, rounds: int) -> float:
    """Per second, the median of rounds; the result of `call` is on the host when it returns."""
    call()
    spent = []
    for _ in range(rounds):
        started = time.perf_counter()
        call()
        spent.append(time.perf_counter() - started)
    return count / statistics.median(spent)
