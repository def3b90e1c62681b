"""What is fuzzed: each takes bytes and may raise a CatalogError, and nothing else."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from catalog.errors import CatalogError
from catalog.images import ImageLimits, decode_image
from ingest.feeds.address import FetchLimits
from ingest.feeds.open_feed import FeedOptions, open_feed
from ingest.feeds.rows import Problem
from tests.fuzz import requests, seeds

Target = Callable[[bytes], None]

# Fewer than in production, so that what is let through is not most of the time.
_LIMITS = ImageLimits(bytes=200_000, pixels=2_000_000)
_UNPACKED = FetchLimits(max_unpacked_bytes=2_000_000)
_FILE = Path(tempfile.mkdtemp(prefix="fuzz-")) / "feed"


def read_picture(content: bytes) -> None:
    with contextlib.suppress(CatalogError):
        decode_image(content, _LIMITS)
    with contextlib.suppress(CatalogError):
        made = decode_image(content, _LIMITS, useful_side_px=16, longer_side_px=20)
        assert made.mode == "RGB" and min(made.size) > 0


def read_feed(content: bytes) -> None:
    """The last byte chooses among the kinds."""
    if not content:
        return
    _FILE.write_bytes(content[:-1])
    kind = seeds.FORCED_KINDS[content[-1] % len(seeds.FORCED_KINDS)]
    with contextlib.suppress(CatalogError):
        for row in open_feed(str(_FILE), FeedOptions(kind=kind, limits=_UNPACKED)).rows:
            if isinstance(row, Problem):
                str(row)
                continue
            row.item_id()
            with contextlib.suppress(CatalogError):
                row.to_item()


TARGETS: dict[str, tuple[Target, Callable[[], Iterator[bytes]]]] = {
    "pictures": (read_picture, seeds.pictures),
    "feeds": (read_feed, seeds.feeds),
    "requests": (requests.ask, requests.seeds),
}
