"""Which threads embed and decode best: `python -m bench.threads`.

Eight threads, as many as a gunicorn worker has, ask in a closed loop for one text or one picture each, of a
model whose every call runs on one core and of one whose every call may run on all. Then JPEGs are decoded by
threads and by processes.
"""

import os
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from itertools import repeat
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import onnxruntime

from bench.machine import machine
from bench.micro_batching import latencies
from bench.photos import photo_jpeg
from catalog.encoders.export import exported
from catalog.encoders.export_record import IMAGE_TOWER, TEXT_TOWER
from catalog.images import ImageLimits, decode_image
from catalog.settings import BUNDLED_MODEL, Settings

THREADS = 8
SECONDS = 3.0
ROUNDS = 3
CORES = os.cpu_count() or 1
DECODED = 256


def session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def print_calls(what: str, calls: dict[str, Callable[[Any], Any]]) -> None:
    spent: dict[str, list[float]] = {name: [] for name in calls}
    walls = dict.fromkeys(calls, 0.0)
    for _ in range(ROUNDS):
        for name, call in calls.items():
            own, wall = latencies(call, repeat(None), THREADS, SECONDS)
            spent[name] += own
            walls[name] += wall
    for name, own in spent.items():
        p50, p95 = np.quantile(own, [0.5, 0.95]) * 1000
        print(
            f"{what:<8} {name:<44} {len(own) / walls[name]:7.0f}/s  p50 {p50:6.2f}  p95 {p95:6.2f} ms",
            flush=True,
        )


def print_tower(what: str, tower: Path, inputs: dict[str, Any]) -> None:
    one, every = session(tower, 1), session(tower, CORES)
    with ThreadPoolExecutor(CORES) as lanes:
        print_calls(
            what,
            {
                "a core a call, a call a thread": lambda _: one.run(None, inputs),
                f"a core a call, at most {CORES} calls at once": lambda _: lanes.submit(
                    one.run, None, inputs
                ).result(),
                "every core a call, a call a thread": lambda _: every.run(None, inputs),
            },
        )


def print_decoding(width: int, height: int) -> None:
    photos = [photo_jpeg(width, height, n) for n in range(8)]
    pools: dict[str, Executor] = {
        "threads": ThreadPoolExecutor(CORES), "processes": ProcessPoolExecutor(CORES)
    }  # fmt: skip
    decode = partial(decode_image, limits=ImageLimits(), useful_side_px=240)
    rates: dict[str, list[float]] = {name: [] for name in pools}
    for _ in range(ROUNDS + 1):  # the first starts the processes
        for name, pool in pools.items():
            started = perf_counter()
            for _ in pool.map(decode, [photos[n % 8] for n in range(DECODED)], chunksize=8):
                pass
            rates[name].append(DECODED / (perf_counter() - started))
    for name, pool in pools.items():
        pool.shutdown()
        print(
            f"decoding {width}x{height} by {CORES} {name:<22} {np.median(rates[name][1:]):7.0f}/s", flush=True
        )


def main() -> None:
    print(machine(), flush=True)
    export = exported(BUNDLED_MODEL, Settings(_env_file=None).encoder_cache_dir)
    assert export is not None
    print_decoding(1000, 1500)
    print_decoding(300, 400)
    tokens = np.asarray([[10182, *range(300, 308), 10183]], dtype=np.int64)
    texts = {
        name: tokens if name == "input_ids" else np.ones_like(tokens) for name in export.record.text_inputs
    }
    print_tower("text", export.folder / TEXT_TOWER, texts)
    pixels = np.zeros((1, 3, *export.record.image_plan.shape), dtype=np.float32)
    print_tower("picture", export.folder / IMAGE_TOWER, {export.record.image_input: pixels})


if __name__ == "__main__":
    main()
