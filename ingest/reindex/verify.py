"""The last look before the switch: are all items there, and does the new collection find what it holds?"""

import time
from dataclasses import dataclass

from catalog import guarded
from catalog.index import ItemIndex
from catalog.points import StoredPoint
from catalog.wanted import Wanted
from ingest.reindex.errors import ReindexRefused
from ingest.reindex.tally import Tally

SAMPLE = 200
# A writer embeds what it has written to one collection before it writes it to the other: counts are taken
# again for so long before they are believed to differ.
_COUNTED_WITHIN_S = 60.0
_PAUSE_S = 0.5
# A point may be written to between two of a look's calls, hardly ever each time.
_LOOKS = 3
# Of two pictures so alike, either may come first.
_TWIN_COSINE = 0.9999


@dataclass(frozen=True)
class Counts:
    items: int
    pictures: int


def verified(original: ItemIndex, copy: ItemIndex, tally: Tally) -> list[str]:
    """A short table. Raises ReindexRefused if the copy is not what the original is."""
    lost = original.points_of(list(tally.lost)) if tally.lost else {}
    absent = Counts(len(lost), sum(map(len, lost.values())))
    expected, found = _counted(original, copy, absent)
    if expected != found:
        raise ReindexRefused(
            f"{copy.version()} has {found.items:,} items with {found.pictures:,} pictures, and should have"
            f" {expected.items:,} with {expected.pictures:,}: run it again."
        )
    sample = next(guarded.pages(copy.collection, SAMPLE))
    failed = [point for point in sample if not _finds_itself(copy, point)]
    if failed:
        raise ReindexRefused(
            f"{len(failed)} of {len(sample)} pictures do not find themselves in {copy.version()}, that of"
            f" {failed[0].item_id!r} first: the live collection stays."
        )
    return [
        f"verified: {copy.version()} beside {original.version()}",
        f"  items              {found.items:,} of {found.items + absent.items:,}",
        f"  pictures           {found.pictures:,} of {found.pictures + absent.pictures:,}",
        f"  payloads differing {tally.differing:,}",
        f"  find themselves    {len(sample):,} of {len(sample):,} pictures",
    ]


def _counted(original: ItemIndex, copy: ItemIndex, absent: Counts) -> tuple[Counts, Counts]:
    until = time.monotonic() + _COUNTED_WITHIN_S
    while True:
        whole, found = _counts(original), _counts(copy)
        expected = Counts(whole.items - absent.items, whole.pictures - absent.pictures)
        if expected == found or time.monotonic() >= until:
            return expected, found
        time.sleep(_PAUSE_S)


def _counts(index: ItemIndex) -> Counts:
    return Counts(index.count({}), index.count_pictures())


def _finds_itself(index: ItemIndex, point: StoredPoint) -> bool:
    """Whether the point's own vector finds its item first, or a twin of it."""
    for _ in range(_LOOKS):
        vector = index.image_vectors([point.id]).get(point.id)
        if vector is None:  # deleted since
            return True
        best = index.rank(Wanted(vector), {}, 1)
        if best and (best[0].item_id == point.item_id or best[0].score >= _TWIN_COSINE):
            return True
    return False
