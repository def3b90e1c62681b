"""Whether queries that come at once should be embedded together: `python -m bench.micro_batching`.

Clients in a closed loop ask for texts that nobody asked before, or send a decoded picture, of OnnxEncoder as
it is, and of the same encoder behind a micro-batcher: a thread that collects what comes within 0, 1 or 2 ms,
at most 32, and embeds it in one call. The ways take turns; each figure is over all rounds.
"""

import argparse
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import count, cycle
from typing import Any

import numpy as np

from bench.machine import machine
from bench.photos import photo_jpeg
from catalog.encoder import Encoder, Vectors, open_encoder
from catalog.images import ImageLimits, decode_image
from catalog.settings import BUNDLED_MODEL, Settings

CLIENTS = (1, 8, 32)
WAITS_MS = (0.0, 1.0, 2.0)  # 0: what came while the last batch ran
MOST = 32

Embed = Callable[[Sequence[Any]], Vectors]
Ask = Callable[[Any], Any]
Waiting = queue.SimpleQueue[tuple[Any, Future[Vectors]] | None]  # None: no more will come


@contextmanager
def micro_batched(embed: Embed, wait_s: float) -> Iterator[Ask]:
    """A call for one input that is answered from a call of `embed` for all inputs of its time."""
    waiting: Waiting = queue.SimpleQueue()

    def collect() -> None:
        while batch := _together(waiting, wait_s):
            for (_, answer), vector in zip(batch, embed([value for value, _ in batch]), strict=True):
                answer.set_result(vector)

    def ask(value: Any) -> Vectors:
        answer: Future[Vectors] = Future()
        waiting.put((value, answer))
        return answer.result()

    thread = threading.Thread(target=collect)
    thread.start()
    try:
        yield ask
    finally:
        waiting.put(None)
        thread.join()


def _together(waiting: Waiting, wait_s: float) -> list[tuple[Any, Future[Vectors]]]:
    """What comes within `wait_s` of the first; nothing at the end."""
    batch = []
    until = float("inf")
    while len(batch) < MOST:
        left = until - time.perf_counter()
        try:
            entry = waiting.get(timeout=max(0.0, left)) if batch else waiting.get()
        except queue.Empty:
            break
        if entry is None:
            break
        batch.append(entry)
        until = min(until, time.perf_counter() + wait_s)
    return batch


def latencies(ask: Ask, inputs: Iterator[Any], clients: int, seconds: float) -> tuple[list[float], float]:
    """Seconds of each call of `clients` threads that ask again as soon as they are answered; and in all."""
    started = time.perf_counter()

    def client() -> list[float]:
        own = []
        while (before := time.perf_counter()) < started + seconds:
            ask(next(inputs))
            own.append(time.perf_counter() - before)
        return own

    with ThreadPoolExecutor(clients) as pool:
        every = [pool.submit(client) for _ in range(clients)]
    return [one for future in every for one in future.result()], time.perf_counter() - started


def print_ways(what: str, embed: Embed, inputs: Iterator[Any], seconds: float, rounds: int) -> None:
    for clients in CLIENTS:
        calls: dict[float | None, list[float]] = {wait_ms: [] for wait_ms in (None, *WAITS_MS)}
        walls = dict.fromkeys(calls, 0.0)
        for _ in range(rounds):
            for wait_ms in calls:
                with asked(embed, wait_ms) as ask:
                    more, wall = latencies(ask, inputs, clients, seconds)
                calls[wait_ms] += more
                walls[wait_ms] += wall
        for wait_ms, own in calls.items():
            name = "as it is" if wait_ms is None else f"collected for {wait_ms:.0f} ms"
            p50, p95 = np.quantile(own, [0.5, 0.95]) * 1000
            figures = f"{len(own) / walls[wait_ms]:7.0f}/s  p50 {p50:6.2f} ms  p95 {p95:6.2f} ms"
            print(f"{what:<9} {clients:>2} clients  {name:<18} {figures}", flush=True)


def asked(embed: Embed, wait_ms: float | None) -> AbstractContextManager[Ask]:
    if wait_ms is None:
        return nullcontext(lambda value: embed([value]))
    return micro_batched(embed, wait_ms / 1000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=str(BUNDLED_MODEL))
    parser.add_argument("--threads", type=int, default=0, help="ENCODER_THREADS; 0 takes every core")
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    encoder: Encoder = open_encoder(
        Settings(
            _env_file=None, clip_model=options.model, encoder_runtime="onnx", encoder_threads=options.threads,
            remembered_texts=1,
        )
    )  # fmt: skip
    print(f"{machine()}\n{options.threads or os.cpu_count()} thread(s)", flush=True)
    # Both are endless, and threads may share them: they run in C, under the interpreter's lock.
    texts = map("red floral dress number {}".format, count())
    decoded = [
        decode_image(photo_jpeg(600, 800, n), ImageLimits(), encoder.useful_side_px) for n in range(16)
    ]
    print_ways("texts", encoder.encode_texts, texts, options.seconds, options.rounds)
    print_ways("pictures", encoder.encode_images, cycle(decoded), options.seconds, options.rounds)


if __name__ == "__main__":
    main()
