"""A catalogue in memory: every picture of the feeds with its vector, and a thumbnail of each on disk."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.encoder import Encoder, Vectors
from catalog.points import IMAGE_SHA256, ITEM_ID, StoredPoint
from catalog.settings import Settings
from catalog.thumbnails import thumbnail_path
from ingest.feeds.columns import NO_CATEGORY
from ingest.fetch.memory import PictureMemory
from ingest.look import looking
from ingest.overlap import overlap
from ingest.pipeline import entries_of, preparing
from ingest.prepare import Prepared
from ingest.report import Report
from ingest.run import RunOptions, open_feeds
from ingest.seen import SeenItems
from ingest.write import NewVectors, new_vectors

# Variants of one product are items of their own in a Merchant feed; this column says which belong together.
_GROUP = "item_group_id"
_LABELS = ("category", "brand", "colour", "gender")


@dataclass(frozen=True)
class Shot:
    """One picture of an item. `product`: what it has in common with the other pictures of the same thing.

    `labels`: what else is told of the item in a word or two, by the names that an evaluation has for it.
    """

    item_id: str
    product: str
    title: str
    category: str
    url: str | None
    sha256: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Embedded:
    """`vectors`: float32 `(pictures, dimension)`, unit length, in the order of `shots`."""

    shots: list[Shot]
    vectors: Vectors
    thumbnails: Path
    reports: list[Report]

    @property
    def name(self) -> str:
        return ", ".join(report.feed for report in self.reports)

    @property
    def is_labelled(self) -> bool:
        """Whether the items have categories that tell them apart."""
        return len({shot.category for shot in self.shots} - {NO_CATEGORY}) > 1

    def codes(self, of: Callable[[Shot], str]) -> NDArray[np.intp]:
        """For each picture a number that it shares with those of which `of` says the same."""
        return np.unique([of(shot) for shot in self.shots], return_inverse=True)[1]

    def thumbnail(self, shot: Shot) -> bytes:
        """JPEG."""
        return thumbnail_path(self.thumbnails, shot.sha256).read_bytes()


class _Nothing:
    """An index that holds nothing, so that every picture counts as new."""

    def points_of(self, item_ids: Sequence[str]) -> dict[str, list[StoredPoint]]:
        return {}


def embed_feeds(
    locations: Sequence[str],
    options: RunOptions,
    settings: Settings,
    encoder: Encoder,
    on_progress: Callable[[Report], None],
) -> Embedded:
    """The feeds as `python -m ingest run` reads them. Everything that is written goes into `state_dir`.

    Raises FeedUnreadable and EncoderUnavailable; what else is wrong with a feed stands in its report.
    """
    reports, shots, vectors = [], [], []
    memory = PictureMemory(settings.state_dir / "pictures.sqlite")
    with SeenItems() as seen, closing(memory):
        for feed in open_feeds(locations, settings, options):
            report = Report(feed.name)
            with looking(feed.folder, settings, encoder, memory, settings.thumbnail_dir) as looker:
                entries = entries_of(feed.rows, seen, report)
                prepared = preparing(entries, settings.ingest_batch_items, _Nothing(), looker)
                for batch, new in overlap(partial(_with_vectors, encoder), prepared):
                    for change in batch.changes:
                        shots += [_shot(payload) for _, _, payload in change.embed]
                        vectors += [new[identifier] for identifier, _, _ in change.embed]
                    report.add(batch)
                    on_progress(report)
            reports.append(report)
    matrix = np.array(vectors, dtype=np.float32).reshape(len(vectors), encoder.dimension)
    return Embedded(shots, matrix, settings.thumbnail_dir, reports)


def _with_vectors(encoder: Encoder, prepared: Prepared) -> tuple[Prepared, NewVectors]:
    return prepared, new_vectors(encoder, prepared.changes)


def _shot(payload: Mapping[str, Any]) -> Shot:
    item_id = str(payload[ITEM_ID])
    attributes = payload.get("attributes", {})
    group = attributes.get(_GROUP)
    told = {**attributes, **{name: payload.get(name) for name in _LABELS}}
    return Shot(
        item_id,
        f"group {group}" if group not in (None, "") else f"item {item_id}",
        payload["title"],
        payload["category"],
        payload.get("url"),
        payload[IMAGE_SHA256],
        {name: str(value) for name, value in told.items() if _tells(value)},
    )


def _tells(value: object) -> bool:
    return isinstance(value, str | int | float) and value != NO_CATEGORY
