"""`duplicates`: which items of the index share a picture, or have nearly the same one."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import orjson
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from catalog.index import ItemIndex
from catalog.near_pairs import near_pairs
from catalog.picture_hash import as_bytes
from catalog.scan import PictureKey


@dataclass(frozen=True)
class Group:
    """Pictures of several items; `is_same`: all of them the very same bytes, else nearly the same picture."""

    pictures: Sequence[PictureKey]

    @property
    def is_same(self) -> bool:
        return len({picture.sha256 for picture in self.pictures}) == 1

    @property
    def items(self) -> list[str]:
        return sorted({picture.item_id for picture in self.pictures})


@dataclass(frozen=True)
class Duplicates:
    """`without_hash`: pictures of points that were written before there were hashes."""

    groups: list[Group]
    pictures: int
    without_hash: int

    def lines(self, format_: str) -> Iterator[str]:
        """For a person (`text`), or for a program (`csv`, `jsonl`)."""
        if format_ == "text":
            yield from self._for_a_person()
        elif format_ == "jsonl":
            yield from (orjson.dumps(_record(group)).decode() for group in self.groups)
        else:
            yield from _table(self.groups)

    def _for_a_person(self) -> Iterator[str]:
        for group in self.groups:
            yield f"{'same' if group.is_same else 'near'}  {', '.join(group.items)}"
        same = sum(group.is_same for group in self.groups)
        items = {item_id for group in self.groups for item_id in group.items}
        yield (
            f"{len(self.groups):,} groups of {len(items):,} items in {self.pictures:,} pictures: {same:,} of"
            f" the same picture, {len(self.groups) - same:,} of nearly the same"
        )
        yield from self.warnings()

    def warnings(self) -> Iterator[str]:
        """What the groups may lack."""
        if self.without_hash:
            yield (
                f"{self.without_hash:,} pictures were ingested before they got hashes, so that only exact"
                " duplicates of them are found: the next `python -m ingest run` of their feeds adds hashes"
            )


def find_duplicates(index: ItemIndex, signs: int) -> Duplicates:
    """Groups by their first item; `signs`: of two hashes that may differ. Raises what ItemIndex raises."""
    by_content: dict[str, list[PictureKey]] = {}
    without_hash = count = 0
    for picture in index.pictures():
        by_content.setdefault(picture.sha256, []).append(picture)
        without_hash += picture.hashes is None
        count += 1
    contents = list(by_content.values())
    labels = _components([pictures[0].hashes or () for pictures in contents], signs)
    joined: dict[int, list[PictureKey]] = {}
    for label, pictures in zip(labels, contents, strict=True):
        joined.setdefault(label, []).extend(pictures)
    groups = [Group(sorted(pictures, key=_place)) for pictures in joined.values()]
    shared = [group for group in groups if len(group.items) > 1]
    return Duplicates(sorted(shared, key=lambda group: group.items), count, without_hash)


def _components(hashes: Sequence[Sequence[str]], signs: int) -> list[int]:
    """A number for each picture, equal where a chain of near pictures leads from one to the other."""
    owners = np.repeat(np.arange(len(hashes)), [len(own) for own in hashes])
    rows = as_bytes([one for own in hashes for one in own])
    pairs = [owners[found] for found in near_pairs(rows, signs)]
    near = np.concatenate(pairs) if pairs else np.empty((0, 2), np.int64)
    links = coo_array((np.ones(len(near), bool), (near[:, 0], near[:, 1])), shape=(len(hashes), len(hashes)))
    _, labels = connected_components(links, directed=False)
    return [int(label) for label in labels]


def _place(picture: PictureKey) -> tuple[str, int]:
    return picture.item_id, picture.position


def _record(group: Group) -> dict[str, object]:
    pictures = [{"item_id": p.item_id, "position": p.position, "sha256": p.sha256} for p in group.pictures]
    return {"kind": "same" if group.is_same else "near", "pictures": pictures}


def _table(groups: Iterable[Group]) -> Iterator[str]:
    yield _row("group", "kind", "item_id", "position", "sha256")
    for number, group in enumerate(groups, start=1):
        kind = "same" if group.is_same else "near"
        for picture in group.pictures:
            yield _row(number, kind, picture.item_id, picture.position, picture.sha256)


def _row(*cells: object) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()
