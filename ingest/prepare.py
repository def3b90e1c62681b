"""Readies a batch of items for embedding: what is stored, which pictures are new, decoded and thumbnailed."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from PIL import Image

from catalog.encoder import Encoder
from catalog.errors import ImageError
from catalog.images import ImageLimits, decode_image, image_sha256, reduced
from catalog.items import Item
from catalog.points import Picture, StoredPoint
from catalog.thumbnails import shortest_px, thumbnail_path, write_thumbnail
from ingest.feeds.rows import Problem
from ingest.pictures import read_picture
from ingest.plan import Change, is_current, plan


@dataclass(frozen=True)
class Placed:
    """An item and where in the feed it stands; `raw` is its row as a rejects file would keep it."""

    place: str
    item: Item
    raw: Mapping[str, Any] | None = None


class StoredItems(Protocol):
    """What is asked of the index before anything is written."""

    def points_of(self, item_ids: Sequence[str]) -> dict[str, list[StoredPoint]]: ...


@dataclass
class Prepared:
    """A batch with every picture decoded that needs embedding, and what went wrong on the way.

    `failed`: how many of its `read` rows leave nothing to write.
    """

    read: int
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    failed: int = 0


@dataclass(frozen=True)
class _Looked:
    """One picture, looked at: `decoded` if it must be embedded, `problem` if it cannot be used."""

    picture: Picture | None = None
    decoded: Image.Image | None = None
    problem: Problem | None = None


@dataclass(frozen=True)
class Preparer:
    """Everything that readying a batch needs. `thumbnail_dir`: None to make no thumbnails."""

    folder: Path
    index: StoredItems
    encoder: Encoder
    limits: ImageLimits
    thumbnail_dir: Path | None
    thumbnail_side_px: int
    pool: Executor

    def prepare(self, batch: Sequence[Placed | Problem]) -> Prepared:
        """Look at all pictures of the batch in the pool; one that fails costs the others nothing."""
        problems = [entry for entry in batch if isinstance(entry, Problem)]
        prepared = Prepared(read=len(batch), problems=problems, failed=len(problems))
        items = [entry for entry in batch if isinstance(entry, Placed)]
        stored = self.index.points_of([placed.item.id for placed in items])
        looks = [self._look_at_all(placed, stored.get(placed.item.id, [])) for placed in items]
        for placed, futures in zip(items, looks, strict=True):
            looked = [future.result() for future in futures]
            problems = [look.problem for look in looked if look.problem]
            pictures = [look.picture for look in looked if look.picture]
            decoded = {
                look.picture.position: look.decoded for look in looked if look.picture and look.decoded
            }
            if pictures:
                points = stored.get(placed.item.id, [])
                prepared.changes.append(plan(placed.item, pictures, decoded, points, self.encoder.name))
            else:
                prepared.failed += 1
                problems[:1] = [replace(problem, raw=placed.raw) for problem in problems[:1]]
            prepared.problems += problems
        return prepared

    def _look_at_all(self, placed: Placed, stored: list[StoredPoint]) -> list[Future[_Looked]]:
        by_position = {point.position: point for point in stored}
        positions = range(len(placed.item.images))
        return [self.pool.submit(self._look, placed, n, by_position.get(n)) for n in positions]

    def _look(self, placed: Placed, position: int, stored: StoredPoint | None) -> _Looked:
        source = placed.item.images[position]
        try:
            content = read_picture(self.folder, source, self.limits.bytes)
            picture = Picture(position, source, image_sha256(content))
            current = is_current(stored, picture.sha256, self.encoder.name)
            decoded = self._decode(content, picture.sha256, current)
            return _Looked(picture, None if current else decoded)
        except ImageError as error:
            place = f"{placed.place}, id {placed.item.id!r}, picture {source!r}"
            # The picture that was there before is better than none.
            return _Looked(stored.picture if stored else None, problem=Problem.of(place, error))

    def _decode(self, content: bytes, sha256: str, current: bool) -> Image.Image | None:
        """The decoded picture, its thumbnail written; None if neither the one nor the other is needed."""
        thumbnail = thumbnail_path(self.thumbnail_dir, sha256) if self.thumbnail_dir else None
        is_thumbnail_missing = thumbnail is not None and not thumbnail.exists()
        if current and not is_thumbnail_missing:
            return None
        useful_side_px = self.encoder.useful_side_px
        decoded = decode_image(content, self.limits, useful_side_px, shortest_px(self.thumbnail_side_px))
        if thumbnail is not None and is_thumbnail_missing:
            write_thumbnail(decoded, thumbnail, self.thumbnail_side_px)
        return reduced(decoded, useful_side_px)
