"""What an ingest would change, or where index and feed differ: looked at, counted, nothing written."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from catalog.encoder import Encoder
from catalog.errors import IndexEmpty
from catalog.index import ItemIndex
from catalog.points import StoredPoint
from catalog.settings import Settings
from ingest.feeds.open_feed import Feed
from ingest.feeds.rows import Problem
from ingest.fetch.memory import RecalledPictures, memory_path
from ingest.look import looking
from ingest.pipeline import entries_of, preparing
from ingest.plan import Change
from ingest.prepare import Prepared, StoredItems
from ingest.report import Report
from ingest.seen import SeenItems

NAMED_AT_MOST = 20
# The kinds of Differences in words, of what a run would do and of how an index differs from its feeds.
WOULD_CHANGE = {
    "new": "new",
    "pictures": "new pictures",
    "payload": "payload updated",
    "unchanged": "unchanged",
    "absent": "deleted",
}
DIFFERS = {
    "new": "missing",
    "absent": "extra",
    "pictures": "different pictures",
    "payload": "different payload",
    "unchanged": "equal",
}


@dataclass
class Differences:
    """`counts` of items by kind: new, pictures, payload, unchanged, absent. `first`: ids of each kind."""

    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[str]] = field(default_factory=dict)
    failed: int = 0
    refusal: str | None = None
    """Why the absent ones would not be deleted."""

    @property
    def is_equal(self) -> bool:
        """Whether nothing differs and nothing failed."""
        return not self.failed and set(self.counts) <= {"unchanged"}

    def add(self, batch: Prepared) -> None:
        """Count a batch of the feed."""
        self.failed += batch.failed
        for change in batch.changes:
            self.note(_kind_of(change), [change.item.id], 1)

    def note(self, kind: str, ids: Sequence[str], count: int) -> None:
        """Count items of a kind, and keep their ids as far as they are among the first."""
        if count:
            self.counts[kind] += count
            named = self.first.setdefault(kind, [])
            named += ids[: NAMED_AT_MOST - len(named)]

    def lines(self, words: Mapping[str, str]) -> list[str]:
        """For a person: a line a kind, by the words for it, with the first ids."""
        lines = [self._line(kind, text) for kind, text in words.items()]
        lines.append(f"  {'failed':<19}{self.failed:,}")
        return lines + ([f"  {self.refusal}"] if self.refusal else [])

    def _line(self, kind: str, text: str) -> str:
        line = f"  {text:<19}{self.counts[kind]:,}"
        if kind == "unchanged" or not self.counts[kind]:
            return line
        more = ", …" if self.counts[kind] > len(self.first[kind]) else ""
        return f"{line}: {', '.join(self.first[kind])}{more}"


def compare(
    feed: Feed,
    settings: Settings,
    encoder: Encoder,
    index: ItemIndex,
    seen: SeenItems,
    differences: Differences,
    on_progress: Callable[[Report], None] = lambda report: None,
    on_problems: Callable[[Sequence[Problem]], None] = lambda problems: None,
) -> Report:
    """Add to `differences` those between the feed and the index. Raises as `ingest`; embeds nothing."""
    report = Report(feed.name)
    with (
        closing(RecalledPictures(memory_path(settings))) as memory,
        looking(feed.folder, settings, encoder, memory, thumbnail_dir=None) as looker,
    ):
        entries = entries_of(feed.rows, seen, report)
        for batch in preparing(entries, settings.ingest_batch_items, _stored(index), looker):
            differences.add(batch)
            report.add(batch)
            on_problems(batch.problems)
            on_progress(report)
    return report


class _Nothing:
    """An index that is not made yet."""

    def points_of(self, item_ids: Sequence[str]) -> dict[str, list[StoredPoint]]:
        return {}


def _stored(index: ItemIndex) -> StoredItems:
    try:
        index.version()
    except IndexEmpty:
        return _Nothing()
    return index


def _kind_of(change: Change) -> str:
    if change.is_new:
        return "new"
    if change.embed or change.delete:
        return "pictures"
    return "payload" if change.reword or change.repay else "unchanged"
