"""The settings: the command line, and Qdrant's own environment variables for what must not stand on it."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vectorstore.errors import StartError

API_KEY = "QDRANT__SERVICE__API_KEY"
READ_ONLY_API_KEY = "QDRANT__SERVICE__READ_ONLY_API_KEY"
INDEXING_THRESHOLD_KB = "QDRANT__STORAGE__OPTIMIZERS__INDEXING_THRESHOLD_KB"
MAX_REQUEST_SIZE_MB = "QDRANT__SERVICE__MAX_REQUEST_SIZE_MB"
MIN_FREE_DISK_MB = "VECTORSTORE_MIN_FREE_DISK_MB"
SETTLED_S = "VECTORSTORE_SETTLED_S"


@dataclass(frozen=True)
class Settings:
    """Where to keep what, and how to answer."""

    path: Path
    host: str = "127.0.0.1"
    port: int = 6333
    api_key: str | None = None
    read_only_api_key: str | None = None
    indexing_threshold_kb: int = 10_000
    max_body_bytes: int = 32 * 1024 * 1024
    min_free_disk_bytes: int = 96 * 1024 * 1024
    """Below it writes are refused. The engine maps its files into memory and would die of a full disk."""
    settled_s: int = 60
    """So long after the last write what it left unindexed is indexed, too."""


def settings_from(arguments: Sequence[str], environ: Mapping[str, str]) -> Settings:
    """Raises StartError naming the variable that is wrong; argparse itself exits on a wrong argument."""
    parser = argparse.ArgumentParser(prog="python -m vectorstore", description=__doc__)
    parser.add_argument("--path", type=Path, required=True, help="the directory that holds everything")
    parser.add_argument("--host", default=Settings.host, help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=Settings.port, help="0 for any (default: %(default)s)")
    given = parser.parse_args(arguments)
    return Settings(
        path=given.path.absolute(),
        host=given.host,
        port=given.port,
        api_key=environ.get(API_KEY) or None,
        read_only_api_key=environ.get(READ_ONLY_API_KEY) or None,
        indexing_threshold_kb=_number(environ, INDEXING_THRESHOLD_KB, Settings.indexing_threshold_kb),
        max_body_bytes=_megabytes(environ, MAX_REQUEST_SIZE_MB, Settings.max_body_bytes),
        min_free_disk_bytes=_megabytes(environ, MIN_FREE_DISK_MB, Settings.min_free_disk_bytes),
        settled_s=_number(environ, SETTLED_S, Settings.settled_s),
    )


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name)
    if not text:
        return default
    if not text.isdecimal():
        raise StartError(f"{name} must be a whole number, not {text!r}")
    return int(text)


def _megabytes(environ: Mapping[str, str], name: str, default_bytes: int) -> int:
    return _number(environ, name, default_bytes // 1024**2) * 1024**2
