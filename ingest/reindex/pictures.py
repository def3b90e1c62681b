"""Finds the pictures of indexed points again: at their addresses, in their feeds' folders, or as thumbnails.

A picture counts as found only if its bytes have the SHA-256 that the index knows. So it does not matter which
folder a relative name is tried in, and a picture that has changed since is never embedded in place of it.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Semaphore

from PIL import Image

from catalog.errors import ImageError
from catalog.images import ImageLimits, decode_image, image_sha256
from catalog.points import StoredPoint
from catalog.runs import last_runs
from catalog.settings import Settings
from catalog.thumbnails import thumbnail_path
from ingest.fetch.fetcher import Fetcher, open_fetcher
from ingest.fetch.get import Download
from ingest.fetch.locations import is_address, without_credentials
from ingest.look import CORES, THREADS
from ingest.pictures import read_picture
from ingest.reindex.errors import PictureLost


@dataclass(frozen=True)
class Seen:
    """A picture that was found, decoded."""

    image: Image.Image
    is_thumbnail: bool = False


@dataclass(frozen=True)
class Finder:
    """Made by `finding`. `decoding`: as `Looker` has it."""

    folders: Sequence[Path]
    limits: ImageLimits
    useful_side_px: int
    thumbnail_dir: Path
    pool: Executor
    decoding: Semaphore
    fetcher: Fetcher

    def find(self, point: StoredPoint) -> "Future[Seen]":
        """Begin to look for the picture of a point. The future holds it, an ImageError or PictureLost."""
        picture = point.picture
        if is_address(picture.source):
            return self.fetcher.submit(picture.source, None, partial(self._at_download, picture.sha256))
        return self.pool.submit(self._at_file, picture.source, picture.sha256)

    def thumbnail(self, point: StoredPoint) -> Seen | None:
        """The thumbnail of a picture that could not be found; None if there is none either."""
        try:
            content = thumbnail_path(self.thumbnail_dir, point.image_sha256).read_bytes()
            return Seen(decode_image(content, self.limits, self.useful_side_px), is_thumbnail=True)
        except (OSError, ImageError):
            return None

    def _at_file(self, source: str, sha256: str) -> Seen:
        error: Exception = PictureLost(
            f"{source}: is in none of the feeds' folders; name its feed with --feed"
        )
        for folder in self.folders:
            try:
                return self._decoded(source, read_picture(folder, source, self.limits.bytes), sha256)
            except (ImageError, PictureLost) as found:
                error = found
        raise error

    def _at_download(self, sha256: str, download: Download | None) -> Seen:
        if download is None:  # nothing was said to be known of it
            raise PictureLost("its server sent nothing")
        return self._decoded("the picture", download.content, sha256)

    def _decoded(self, source: str, content: bytes, sha256: str) -> Seen:
        if image_sha256(content) != sha256:
            raise PictureLost(f"{source}: is another picture now than the one that is indexed")
        with self.decoding:
            return Seen(decode_image(content, self.limits, self.useful_side_px))


def reason_of(point: StoredPoint, error: Exception) -> str:
    """For a person: which picture of which item cannot be had, and why."""
    source = without_credentials(point.picture.source)
    return f"id {point.item_id!r}, picture {source!r}: {error}"


@contextmanager
def finding(settings: Settings, feeds: Sequence[str], useful_side_px: int) -> Iterator[Finder]:
    """With the folders of the feeds named here, of those in FEEDS, and of those that were ingested last."""
    recorded = [feed for run in reversed(last_runs(settings)) for feed in run.feeds]
    folders = dict.fromkeys(map(_folder, filter(_is_local, [*feeds, *settings.feeds, *recorded])))
    limits = ImageLimits(settings.max_image_bytes, settings.max_image_pixels)
    with (
        ThreadPoolExecutor(THREADS, thread_name_prefix="decode") as pool,
        open_fetcher(settings, pool) as fetcher,
    ):
        decoding, thumbnails = Semaphore(CORES), settings.thumbnail_dir
        yield Finder([*folders, Path()], limits, useful_side_px, thumbnails, pool, decoding, fetcher)


def _is_local(feed: str) -> bool:
    return feed != "-" and not is_address(feed)


def _folder(feed: str) -> Path:
    path = Path(feed).expanduser()
    return path if path.is_dir() else path.parent
