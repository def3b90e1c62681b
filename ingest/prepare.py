"""Readies a batch of items for embedding: what is stored, which pictures are new, and what went wrong."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from catalog.items import Item
from catalog.points import StoredPoint
from ingest.feeds.rows import Problem
from ingest.fetch.validators import Known
from ingest.look import Looked, Looker, Looking
from ingest.plan import Change, plan


@dataclass(frozen=True)
class Placed:
    """An item and where in the feed it stands; `raw` is its row as a rejects file would keep it.

    `digest` tells the row from others; `is_finished`: an interrupted run has written the item from it.
    `version`: of the row, if it has one; a push of a higher one has won already.
    """

    place: str
    item: Item
    raw: Mapping[str, Any] | None = None
    digest: bytes = b""
    is_finished: bool = False
    version: int | None = None


class StoredItems(Protocol):
    """What is asked of the index before anything is written."""

    def points_of(self, item_ids: Sequence[str]) -> dict[str, list[StoredPoint]]: ...


@dataclass
class Prepared:
    """A batch with every picture decoded that needs embedding, and what went wrong on the way.

    `failed`: how many of its `read` rows leave nothing to write. `newer`: how many are left because a newer
    push was applied to their items. `downloads` of pictures have
    `downloaded_bytes` in all; of those `not_modified` their servers said that they are as they were.
    `useful_side_px`: the least that pictures were decoded for.
    """

    read: int
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    failed: int = 0
    newer: int = 0
    resumed: int = 0
    """Items that an interrupted run had finished."""
    finished: dict[str, bytes] = field(default_factory=dict)
    """The digests of rows that leave nothing to do once the batch is written, by item id."""
    versions: dict[str, int] = field(default_factory=dict)
    """Those of rows that have one, by item id."""
    pictures: list[tuple[str, str]] = field(default_factory=list)
    """Item id and SHA-256 of each picture that can be used."""
    downloads: int = 0
    downloaded_bytes: int = 0
    not_modified: int = 0
    useful_side_px: int = 0

    def count(self, looked: Looked) -> None:
        """Take the figures of one picture."""
        if looked.downloaded is not None:
            self.downloads += 1
            self.downloaded_bytes += looked.downloaded
        self.not_modified += looked.not_modified


@dataclass(frozen=True)
class Preparer:
    """Everything that readying a batch needs. `useful_side_px`: as `Looker` has it, asked for each batch."""

    index: StoredItems
    looker: Looker
    useful_side_px: Callable[[], int] | None = None

    def prepare(self, batch: Sequence[Placed | Problem]) -> Prepared:
        """Look at all pictures of the batch at once; one that fails costs the others nothing."""
        problems = [entry for entry in batch if isinstance(entry, Problem)]
        side_px = self.useful_side_px() if self.useful_side_px else self.looker.useful_side_px
        looker = self.looker.for_batch(side_px)
        prepared = Prepared(read=len(batch), problems=problems, failed=len(problems), useful_side_px=side_px)
        items = [entry for entry in batch if isinstance(entry, Placed)]
        stored = self.index.points_of([placed.item.id for placed in items])
        looks = [_look_at_all(looker, placed, stored.get(placed.item.id, [])) for placed in items]
        looker.files.begin()
        known: dict[str, Known] = {}
        for placed, looking in zip(items, looks, strict=True):
            looked = [look.result() for look in looking]
            known |= {look.source: one.known for look, one in zip(looking, looked, strict=True) if one.known}
            self._add(prepared, placed, looked, stored.get(placed.item.id, []))
        self.looker.memory.remember(known)
        return prepared

    def _add(
        self, prepared: Prepared, placed: Placed, looked: Sequence[Looked], stored: list[StoredPoint]
    ) -> None:
        for look in looked:
            prepared.count(look)
        item_id = placed.item.id
        problems = [replace(look.problem, item_id=item_id) for look in looked if look.problem]
        pictures = [look.picture for look in looked if look.picture]
        decoded = {look.picture.position: look.decoded for look in looked if look.picture and look.decoded}
        prepared.pictures += [(placed.item.id, picture.sha256) for picture in pictures]
        prepared.resumed += placed.is_finished
        if placed.version is not None:
            prepared.versions[item_id] = placed.version
        if pictures and not problems:
            prepared.finished[placed.item.id] = placed.digest
        if pictures:
            prepared.changes.append(plan(placed.item, pictures, decoded, stored, self.looker.encoder.name))
        else:
            prepared.failed += 1
            problems[:1] = [replace(problem, raw=placed.raw) for problem in problems[:1]]
        prepared.problems += problems


def _look_at_all(looker: Looker, placed: Placed, stored: list[StoredPoint]) -> list[Looking]:
    by_position = {point.position: point for point in stored if point.is_sound}
    place = f"{placed.place}, id {placed.item.id!r}"
    look = looker.look_if_new if placed.is_finished else looker.look
    return [look(place, source, n, by_position.get(n)) for n, source in enumerate(placed.item.images)]
