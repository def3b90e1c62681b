"""Looks at one picture, from a file or an address: is it new, does it decode, has it a thumbnail?"""

import os
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Semaphore

from PIL import Image

from catalog.encoder import Encoder, jpeg_decoder_for
from catalog.errors import ImageError, ImageFetchError
from catalog.images import ImageLimits, JpegDecoder, decode_image, image_sha256, reduced
from catalog.picture_hash import picture_hashes
from catalog.points import Picture, StoredPoint
from catalog.settings import Settings
from catalog.thumbnails import has_thumbnail, shortest_px, thumbnail_path, write_thumbnail
from ingest.feeds.rows import Problem
from ingest.fetch.fetcher import Fetcher, open_fetcher
from ingest.fetch.get import Download
from ingest.fetch.locations import is_address, without_credentials
from ingest.fetch.memory import Memory
from ingest.fetch.validators import Known
from ingest.pictures import read_picture
from ingest.plan import is_current
from ingest.side_by_side import Call, SideBySide

CORES = os.cpu_count() or 1
# Some of them wait for a disk while the others decode.
THREADS = CORES + 4


@dataclass(frozen=True)
class Looked:
    """`decoded` if it must be embedded, `problem` if it cannot be used.

    `downloaded`: bytes that it came in; None if it did not come by download. `known`: what to remember.
    """

    picture: Picture | None = None
    decoded: Image.Image | None = None
    problem: Problem | None = None
    downloaded: int | None = None
    not_modified: bool = False
    known: Known | None = None


@dataclass(frozen=True)
class Looking:
    """A look under way."""

    place: str
    source: str
    stored: StoredPoint | None
    looked: Future[Looked] | Call[Looked] | Looked

    def result(self) -> Looked:
        """Waits for it."""
        try:
            return self.looked if isinstance(self.looked, Looked) else self.looked.result()
        except ImageError as error:
            # The picture that was there before is better than none.
            return Looked(self.stored.picture if self.stored else None, problem=self._problem(error))

    def _problem(self, error: ImageError) -> Problem:
        problem = Problem.of(f"{self.place}, picture {without_credentials(self.source)!r}", error)
        if not isinstance(error, ImageFetchError):
            return problem
        return replace(problem, may_pass=error.may_pass, retry_after_s=error.retry_after_s)


@dataclass(frozen=True)
class Looker:
    """Everything that looking at pictures needs. Files are read and all pictures decoded in `pool`.

    `decoding`: taken by each thread that decodes. There are as many as cores: more threads only take the
    interpreter's lock from each other, forty times a picture (measured). `files`: looks at the files of one
    batch, for the caller to begin. `thumbnail_dir`: None to make no thumbnails. `useful_side_px`: as
    `Encoder` has it, of the encoder that wants the largest pictures. `jpegs`: as `decode_image` has it.
    """

    folder: Path
    encoder: Encoder
    limits: ImageLimits
    thumbnail_dir: Path | None
    thumbnail_side_px: int
    pool: Executor
    decoding: Semaphore
    files: SideBySide
    fetcher: Fetcher
    memory: Memory
    useful_side_px: int
    jpegs: JpegDecoder | None = None

    def look(self, place: str, source: str, position: int, stored: StoredPoint | None) -> Looking:
        """Begin to look, at a file once `files` begin. `stored`: the point that the index has for it."""
        if is_address(source):
            known = self._known(source, stored)
            validator = known.validator if known else None
            then = partial(self._at_download, source, position, stored, known)
            return Looking(place, source, stored, self.fetcher.submit(source, validator, then))
        look = partial(self._at_file, source, position, stored)
        return Looking(place, source, stored, self.files.add(look))

    def look_if_new(self, place: str, source: str, position: int, stored: StoredPoint | None) -> Looking:
        """`look`, but for a picture that the index has from the same place: that is taken to be the same."""
        if stored is None or stored.picture.source != source or stored.image_hashes is None:
            return self.look(place, source, position, stored)
        if not is_current(stored, stored.image_sha256, self.encoder.name):
            return self.look(place, source, position, stored)
        return Looking(place, source, stored, Looked(stored.picture))

    def for_batch(self, useful_side_px: int) -> "Looker":
        """The same for one batch of items, whose pictures are as large as the encoders of now want them."""
        return replace(self, files=SideBySide(self.pool, THREADS), useful_side_px=useful_side_px)

    def _known(self, source: str, stored: StoredPoint | None) -> Known | None:
        """What is known of the picture at the address, if with it nothing but its being unchanged matters."""
        known = self.memory.get(source) if stored else None
        if known is None or not is_current(stored, known.sha256, self.encoder.name):
            return None
        is_whole = stored is not None and stored.image_hashes is not None
        return known if is_whole and not self._missing_thumbnail(known.sha256) else None

    def _at_file(self, source: str, position: int, stored: StoredPoint | None) -> Looked:
        content = read_picture(self.folder, source, self.limits.bytes)
        return Looked(*self._decode(content, position, source, stored))

    def _at_download(
        self,
        source: str,
        position: int,
        stored: StoredPoint | None,
        known: Known | None,
        download: Download | None,
    ) -> Looked:
        if download is None:  # not modified, which is only asked where picture and point are known
            hashes = stored.image_hashes if stored else None
            picture = Picture(position, source, known.sha256, hashes) if known else None
            return Looked(picture, not_modified=True)
        picture, decoded = self._decode(download.content, position, source, stored)
        fresh = Known(download.validator, picture.sha256) if download.validator else None
        return Looked(picture, decoded, downloaded=len(download.content), known=fresh)

    def _decode(
        self, content: bytes, position: int, source: str, stored: StoredPoint | None
    ) -> tuple[Picture, Image.Image | None]:
        """The picture, and its pixels if it must be embedded; its thumbnail is written if there is none."""
        sha256 = image_sha256(content)
        missing = self._missing_thumbnail(sha256)
        current = is_current(stored, sha256, self.encoder.name)
        hashes = stored.image_hashes if stored and current else None
        if current and not missing and hashes is not None:
            return Picture(position, source, sha256, hashes), None
        side_px = self.useful_side_px
        longer_px = shortest_px(self.thumbnail_side_px)
        with self.decoding:
            decoded = decode_image(content, self.limits, side_px, longer_px, self.jpegs)
            if missing:
                write_thumbnail(decoded, missing, self.thumbnail_side_px)
            if hashes is None:
                hashes = tuple(picture_hashes(decoded))
            picture = Picture(position, source, sha256, hashes)
            return picture, None if current else reduced(decoded, side_px)

    def _missing_thumbnail(self, sha256: str) -> Path | None:
        """Where the picture's thumbnail is to be written; None if it is there, or none is made."""
        folder = self.thumbnail_dir
        return None if folder is None or has_thumbnail(folder, sha256) else thumbnail_path(folder, sha256)


@contextmanager
def looking(
    folder: Path, settings: Settings, encoder: Encoder, memory: Memory, thumbnail_dir: Path | None
) -> Iterator[Looker]:
    """A Looker with the limits of the settings, for as long as a feed is read."""
    limits = ImageLimits(settings.max_image_bytes, settings.max_image_pixels)
    side_px = settings.thumbnail_side_px
    with (
        ThreadPoolExecutor(THREADS, thread_name_prefix="decode") as pool,
        open_fetcher(settings, pool) as fetcher,
    ):
        useful_side_px = encoder.useful_side_px
        files = SideBySide(pool, THREADS)
        yield Looker(
            folder, encoder, limits, thumbnail_dir, side_px, pool, Semaphore(CORES), files, fetcher, memory,
            useful_side_px, jpeg_decoder_for(settings),
        )  # fmt: skip
