"""A shard's files are in the kernel's cache before it is asked, without what are holes in them."""

import ctypes
import mmap
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from vectorstore import read_ahead as module
from vectorstore.read_ahead import read_ahead

MIB = 1024 * 1024


def test_what_was_dropped_from_the_cache_is_brought_back(on_disk: Path) -> None:
    path = on_disk / "segments" / "page_0.dat"
    path.parent.mkdir()
    with path.open("wb") as file:
        file.write(os.urandom(3 * MIB))
        file.seek(40 * MIB)
        file.write(os.urandom(MIB))
    dropped(path)
    read_ahead(on_disk)
    wait_until(lambda: all(is_cached(path, at) for at in (0, 3 * MIB - 4096, 40 * MIB, 41 * MIB - 4096)))
    assert not is_cached(path, 20 * MIB)


def test_a_shard_that_is_large_beside_the_memory_is_left_alone(
    on_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = on_disk / "page_0.dat"
    path.write_bytes(os.urandom(MIB))
    dropped(path)
    monkeypatch.setattr(module, "_OF_MEMORY", 0)
    read_ahead(on_disk)
    time.sleep(0.2)
    assert not is_cached(path, 0)


@pytest.fixture
def on_disk() -> Iterator[Path]:
    """What is in memory at all times, as the other tests' files are, cannot be dropped from the cache."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        yield Path(name)


def dropped(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(fd)
    if is_cached(path, 0):
        pytest.skip("this folder is in memory")


def is_cached(path: Path, at: int) -> bool:
    """Whether the page is; not by reading with RWF_NOWAIT, which has it brought."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ | mmap.PROT_WRITE,
                                            flags=mmap.MAP_PRIVATE) as mapped:  # fmt: skip
        view = ctypes.c_char.from_buffer(mapped)
        try:
            page = ctypes.c_void_p(ctypes.addressof(view) + at)
            told = ctypes.create_string_buffer(1)
            assert ctypes.CDLL(None, use_errno=True).mincore(page, ctypes.c_size_t(4096), told) == 0
        finally:
            del view
        return bool(told.raw[0] & 1)


def wait_until(is_so: object) -> None:
    assert callable(is_so)
    until = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < until, "not within ten seconds"
        time.sleep(0.02)
