"""catalog/encoders/text_cache.py: bounded, shared by threads, and never wrong."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from catalog.encoders.text_cache import CacheCounts, TextCache


def embed_numbers(keys: list[int], asked: list[int]) -> np.ndarray:
    asked += keys
    return np.asarray([[key, -key] for key in keys], dtype=np.float32)


def test_only_what_is_missing_is_embedded() -> None:
    cache, asked = TextCache(10), []
    for keys in ([1, 2], [2, 3, 1], [3]):
        vectors = cache.vectors(
            keys, lambda missing, keys=keys: embed_numbers([keys[n] for n in missing], asked)
        )
        assert vectors.tolist() == [[key, -key] for key in keys]
    assert asked == [1, 2, 3]
    assert cache.counts == CacheCounts(hits=3, misses=3)


def test_the_longest_unused_text_is_forgotten() -> None:
    cache, asked = TextCache(2), []
    for key in (1, 2, 1, 3, 1, 2):
        cache.vectors([key], lambda _, key=key: embed_numbers([key], asked))
    assert asked == [1, 2, 3, 2]


def test_a_caller_may_change_its_vectors() -> None:
    cache = TextCache(2)
    for _ in range(2):
        vectors = cache.vectors(["a"], lambda _: np.ones((1, 2), dtype=np.float32))
        assert vectors.tolist() == [[1, 1]]
        vectors *= 5


def test_a_text_that_takes_long_keeps_nobody_waiting() -> None:
    cache, started, finish = TextCache(10), threading.Event(), threading.Event()

    def slowly(_: list[int]) -> np.ndarray:
        started.set()
        assert finish.wait(10)
        return np.ones((1, 2), dtype=np.float32)

    with ThreadPoolExecutor(1) as thread:
        slow = thread.submit(cache.vectors, ["slow"], slowly)
        assert started.wait(10)
        assert cache.vectors(["fast"], lambda _: np.zeros((1, 2), dtype=np.float32)).tolist() == [[0, 0]]
        finish.set()
        assert slow.result().tolist() == [[1, 1]]
