"""Makes one collection equal to another of another model: a pass compares every point and mends what differs.

The same pass fills an empty collection, goes on with one that was interrupted, verifies one that is full, and
brings one up to date that was kept. Others write to both meanwhile, to the original first, then to the copy.
So every write here is guarded, and what was written is compared with the original once more.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event

import numpy as np

from catalog import guarded
from catalog.encoder import Vectors
from catalog.errors import ImageError
from catalog.points import Payload, Point, StoredPoint, keywords_of, of_model
from ingest.overlap import overlap
from ingest.patience import patiently
from ingest.reindex.errors import PictureLost, ReindexRefused
from ingest.reindex.pictures import Finder, Seen, reason_of
from ingest.reindex.tally import Tally
from ingest.targets import Target

# A point that was written so lately may still be on its way into the copy: it is mended, but no difference.
IN_FLIGHT_S = 60.0
# A point that changes more often than this, each time between two calls, is not one of a shop's catalogue.
_TRIES = 10


@dataclass(frozen=True)
class _Page:
    """Points of the original and their payloads in the copy, both by id; and what has to be written.

    `seen`: the pictures of those without a vector in the copy. `vectors`: theirs, if they need not be made.
    """

    points: Mapping[str, StoredPoint] = field(default_factory=dict)
    stored: Mapping[str, Payload] = field(default_factory=dict)
    seen: Mapping[str, Seen] = field(default_factory=dict)
    vectors: Mapping[str, Vectors] = field(default_factory=dict)
    repay: Sequence[str] = ()

    @property
    def touched(self) -> list[str]:
        return [*self.seen, *self.vectors, *self.repay]


class Copying:
    """Both targets are pinned to their collections."""

    def __init__(self, original: Target, copy: Target, finder: Finder, page_size: int, tally: Tally) -> None:
        self._original = original
        self._copy = copy
        self._finder = finder
        self._page_size = page_size
        self._tally = tally
        # What the same model once made of a picture holds in the other collection, too.
        self._same_model = original.encoder.fingerprint == copy.encoder.fingerprint

    def bring_over(self) -> None:
        """One pass over every point of the original."""
        self._bring(guarded.pages(self._original.index.collection, self._page_size))

    def bring_over_newer(self, since: datetime) -> None:
        """Bring over what was written to the original since then, where the copy has nothing as new."""
        pages = guarded.pages(self._original.index.collection, self._page_size, since)
        self._bring(self._newer(page) for page in pages)

    def _bring(self, pages: Iterable[list[StoredPoint]]) -> None:
        given_up = Event()
        look, settle = patiently(self._look, given_up), patiently(self._settle)
        for page in overlap(look, pages, abandon=(given_up.set, self._finder.fetcher.cancel)):
            settle(page)
            self._count(page)

    def remove_extras(self) -> None:
        """Delete from the copy what the original lacks, and all of the items that are lost."""
        for page in guarded.pages(self._copy.index.collection, self._page_size):
            # The original is asked after the copy: what is written to both is there first.
            there = self._original.index.payloads([point.id for point in page]) if page else {}
            extras = [p.id for p in page if p.id not in there or self._tally.is_lost(p)]
            self._copy.index.delete_points(extras)
            self._tally.deleted += len(extras)
            self._tally.differing += len(extras)

    def _newer(self, page: list[StoredPoint]) -> list[StoredPoint]:
        stored = self._copy.index.payloads([point.id for point in page]) if page else {}
        return [
            p for p in page if p.id not in stored or StoredPoint(p.id, stored[p.id]).updated_at < p.updated_at
        ]

    def _look(self, page: Sequence[StoredPoint]) -> _Page:
        """Compare, and find the pictures of points that are not there or show another one."""
        if damaged := next((point for point in page if not point.is_sound), None):
            raise ReindexRefused(f"the point {damaged.id} is damaged: mend it with verify --repair first.")
        points = {point.id: point for point in page if not self._tally.is_lost(point)}
        stored = self._copy.index.payloads(list(points)) if points else {}
        missing = [p for p in points.values() if not _shows_same(stored.get(p.id), p)]
        absent = {point.id for point in missing}
        model = self._copy.encoder.name
        repay = [i for i, p in points.items() if i not in absent and stored[i] != of_model(p.payload, model)]
        if missing and self._same_model:
            vectors = self._original.index.image_vectors(list(absent))
            return _Page(points, stored, vectors=vectors, repay=repay)
        return _Page(points, stored, seen=dict(self._found(missing)), repay=repay)

    def _found(self, points: Sequence[StoredPoint]) -> Iterator[tuple[str, Seen]]:
        looks = [(point, self._finder.find(point)) for point in points]
        for point, look in looks:
            try:
                yield point.id, look.result()
            except (ImageError, PictureLost) as error:
                if thumbnail := self._finder.thumbnail(point):
                    yield point.id, thumbnail
                else:
                    self._tally.lose(point, reason_of(point, error))

    def _settle(self, page: _Page) -> None:
        """Write until the original is as it was when it was read: a writer may have found nothing to change
        in the copy, just before it came there."""
        for _ in range(_TRIES):
            self._write(page)
            touched = page.touched
            if not touched:
                return
            now = self._original.index.payloads(touched)
            self._copy.index.delete_points([i for i in touched if i not in now])
            changed = [StoredPoint(i, p) for i, p in now.items() if p != page.points[i].payload]
            page = self._look(changed)
        raise ReindexRefused(f"{changed[0].item_id!r} changes faster than it can be copied: run it again.")

    def _write(self, page: _Page) -> None:
        vectors = {**page.vectors, **self._embedded(page.seen)}
        points = {i: self._point(page.points[i], vector) for i, vector in vectors.items()}
        known = {i: StoredPoint(i, payload).updated_at for i, payload in page.stored.items()}
        payloads = {i: of_model(page.points[i].payload, self._copy.encoder.name) for i in page.repay}
        reworded = [i for i, p in payloads.items() if keywords_of(p) != keywords_of(page.stored[i])]
        kept = self._copy.index.image_vectors(reworded) if reworded else {}
        changed = {i: self._point(page.points[i], vector) for i, vector in kept.items()}
        changed |= {i: point for i, point in points.items() if i in known}
        collection = self._copy.index.collection
        guarded.insert(collection, [point for i, point in points.items() if i not in known])
        guarded.replace(collection, [(point, known[i]) for i, point in changed.items()])
        guarded.repay(collection, {i: p for i, p in payloads.items() if i not in reworded}, known)

    def _embedded(self, seen: Mapping[str, Seen]) -> dict[str, Vectors]:
        images = [one.image for one in seen.values()]
        vectors = self._copy.encoder.encode_images(images) if images else np.empty((0, 0), np.float32)
        return dict(zip(seen, vectors, strict=True))

    def _point(self, point: StoredPoint, vector: Vectors) -> Point:
        payload = of_model(point.payload, self._copy.encoder.name)
        return Point(point.id, vector, keywords_of(payload), payload)

    def _count(self, page: _Page) -> None:
        tally, touched = self._tally, page.touched
        tally.compared += len(page.points)
        tally.embedded += len(page.seen)
        tally.from_thumbnails += sum(one.is_thumbnail for one in page.seen.values())
        tally.copied += len(page.vectors)
        tally.repaid += len(page.repay)
        settled = datetime.now(UTC) - timedelta(seconds=IN_FLIGHT_S)
        tally.differing += sum(datetime.fromisoformat(page.points[i].updated_at) < settled for i in touched)
        tally.show()


def _shows_same(stored: Payload | None, point: StoredPoint) -> bool:
    return stored is not None and StoredPoint(point.id, stored).image_sha256 == point.image_sha256
