"""The visual report: embed a catalogue, hold pictures out, find their like, write one page about it."""

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from catalog.encoder import open_encoder
from catalog.errors import CatalogError
from catalog.settings import Settings
from ingest.quality.confusion import labelled
from ingest.quality.embedded import embed_feeds
from ingest.quality.neighbours import NEIGHBOURS, Found, hold_out, nearest_of_rest, worst_first
from ingest.quality.page import Page, render
from ingest.quality.picture_map import draw_map
from ingest.report import Report
from ingest.run import RunOptions

# Of the thumbnails in the page: sharp enough to judge by eye, and some 5 kB each.
_THUMBNAIL_SIDE_PX = 160


class TooFewPictures(CatalogError):
    """Nothing can be held out of a single picture."""

    code = "too_few_pictures"


@dataclass(frozen=True)
class ReportWish:
    """`holdout`: the share of the pictures that are asked for. `show`: how many of them the page shows."""

    holdout: float = 0.05
    seed: int = 99
    output: Path = Path("report.html")
    show: int = 60


@dataclass(frozen=True)
class Written:
    """The closing lines, and whether all of the feeds could be used."""

    lines: list[str]
    ok: bool


def write_report(
    feeds: Sequence[str],
    options: RunOptions,
    wish: ReportWish,
    settings: Settings,
    on_progress: Callable[[Report], None],
) -> Written:
    """Raises CatalogError in words for the person who called it, and OSError from writing the page."""
    started = time.perf_counter()
    wish.output.parent.mkdir(parents=True, exist_ok=True)
    encoder = open_encoder(settings)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        own = settings.model_copy(
            update={
                "state_dir": folder,
                "thumbnail_dir": folder / "thumbnails",
                "thumbnail_side_px": _THUMBNAIL_SIDE_PX,
            }
        )
        embedded = embed_feeds(feeds, options, own, encoder, on_progress)
        if len(embedded.shots) < 2:
            raise TooFewPictures(f"{len(embedded.shots)} pictures can be used; a report needs two or more.")
        held, rest = hold_out(len(embedded.shots), wish.holdout, wish.seed)
        found = worst_first(nearest_of_rest(embedded, held, rest), embedded.is_labelled)
        drawn = draw_map(embedded, wish.seed)
        page = Page(embedded, encoder.name, found, drawn, wish.seed, wish.show)
        _write(wish.output, render(page))
    lines = [line for report in embedded.reports for line in _problem_lines(report)]
    lines += [
        f"{len(embedded.shots):,} pictures of {embedded.name}, {len(held):,} of them held out",
        *_precision_lines(found if embedded.is_labelled else []),
        f"{wish.output}: {wish.output.stat().st_size / 1e6:.1f} MB in {time.perf_counter() - started:.1f} s",
    ]
    return Written(lines, all(report.ok for report in embedded.reports))


def _problem_lines(report: Report) -> list[str]:
    return [f"{report.feed}: {count:,} {code}, each named above" for code, count in report.problems.items()]


def _precision_lines(found: Sequence[Found]) -> list[str]:
    values = [one.precision for one in labelled(found)]
    return [f"precision at {NEIGHBOURS}: {np.mean(values):.3f}"] if values else []


def _write(path: Path, page: str) -> None:
    """Whole or not at all: a page that is there is left as it is until the new one is complete."""
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(page)
        os.chmod(aside, 0o644)
        os.replace(aside, path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
