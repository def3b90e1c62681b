"""Runs an evaluation as it is asked for on the command line."""

import logging
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from catalog.collection import connect
from catalog.encoder import Encoder, open_encoder
from catalog.errors import SettingInvalid
from catalog.images import ImageLimits
from catalog.index import ItemIndex
from catalog.settings import Settings
from catalog.wanted import MODES, Mode
from ingest.connect import connected
from ingest.feeds.address import fetch_limits
from ingest.feeds.rows import FeedUnreadable
from ingest.feeds.source import open_source
from ingest.quality.asked import Readied, Truth, finding_pictures, ready
from ingest.quality.evaluate import Evaluation, evaluate
from ingest.quality.queries import read_queries
from ingest.quality.rival import temporary_index
from ingest.quality.setup import Setup
from ingest.report import Report
from ingest.run import RunOptions

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wish:
    """`against`: a mode, or a model as CLIP_MODEL names it; None compares nothing. `against_index`: the alias
    of the collection that is compared with. `feeds`: from which another model's collection is built."""

    queries: str
    mode: Mode = "hybrid"
    cutoffs: tuple[int, ...] = (1, 5, 10)
    against: str | None = None
    against_index: str | None = None
    feeds: tuple[str, ...] = ()


def run_evaluation(wish: Wish, settings: Settings, on_progress: Callable[[Report], None]) -> Evaluation:
    """Raises CatalogError in words for the person who called it; what is wrong with a line is a problem."""
    with connected(settings) as (index, encoder), ExitStack() as stack:
        index.version()  # an empty index or one of another model is said first
        readied = _ready(wish, settings, index)
        for problem in readied.problems:
            _log.warning("%s", problem)
        limits = ImageLimits(settings.max_image_bytes, settings.max_image_pixels)
        setups = [Setup(settings.index_alias, encoder, index, wish.mode, limits)]
        if wish.against is not None or wish.against_index is not None:
            rival = stack.enter_context(_rival(wish, settings, setups[0], on_progress))
            setups = _named([*setups, rival])
        return evaluate(setups, readied.asked, readied.problems, wish.cutoffs)


def _ready(wish: Wish, settings: Settings, index: ItemIndex) -> Readied:
    try:
        source = open_source(wish.queries, fetch_limits(settings))
        lines = list(read_queries(source))
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise FeedUnreadable(f"{wish.queries}: cannot be read ({reason}).") from error
    with finding_pictures(source.folder, settings) as pictures:
        return ready(lines, Truth(index), pictures)


@contextmanager
def _rival(
    wish: Wish, settings: Settings, first: Setup, on_progress: Callable[[Report], None]
) -> Iterator[Setup]:
    """What `first` is compared with: another mode, model or collection."""
    is_mode = wish.against in MODES
    mode: Mode = next((mode for mode in MODES if mode == wish.against), first.mode)
    if wish.against is None or is_mode:
        encoder, model = first.encoder, settings.clip_model
    else:
        encoder, model = open_encoder(settings.model_copy(update={"clip_model": wish.against})), wish.against
    if wish.against_index is not None:
        with _index_at(wish.against_index, settings, encoder) as index:
            yield Setup(wish.against_index, encoder, index, mode, first.limits)
    elif encoder is first.encoder:
        yield Setup(first.name, encoder, first.index, mode, first.limits)
    elif not wish.feeds:
        raise SettingInvalid(
            f"--against {model}: name the collection that this model built with --against-index, or the"
            " feeds that one shall be built from, for the comparison alone, with --feed."
        )
    else:
        own = settings.model_copy(update={"clip_model": model})
        with temporary_index(wish.feeds, own, encoder, RunOptions(), on_progress) as (index, reports):
            for report in reports:
                _log.info("%s", "\n".join(report.lines()))
            yield Setup("temporary", encoder, index, mode, first.limits)


@contextmanager
def _index_at(alias: str, settings: Settings, encoder: Encoder) -> Iterator[ItemIndex]:
    client = connect(settings)
    try:
        index = ItemIndex(client, settings.qdrant_url, alias, encoder)
        index.version()
        yield index
    finally:
        client.close()


def _named(setups: Sequence[Setup]) -> list[Setup]:
    """Each by what sets it apart: its mode, its model, or its collection. Raises SettingInvalid."""
    namings: list[Callable[[Setup], str]] = [
        lambda setup: setup.mode,
        lambda setup: setup.encoder.name,
        lambda setup: setup.name,
        lambda setup: f"{setup.encoder.name} {setup.encoder.fingerprint[:8]}",
    ]
    for naming in namings:
        names = [naming(setup) for setup in setups]
        if len(set(names)) == len(names):
            return [replace(setup, name=name) for setup, name in zip(setups, names, strict=True)]
    raise SettingInvalid("--against: names what is evaluated anyway; there is nothing to compare.")
