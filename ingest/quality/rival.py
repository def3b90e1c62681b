"""A second model's collection, built from the feeds for one comparison and deleted after it."""

import signal
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from catalog.collection import connect
from catalog.encoder import Encoder
from catalog.index import ItemIndex
from catalog.settings import Settings
from ingest.pipeline import ingest
from ingest.report import Report
from ingest.run import RunOptions, open_feeds
from ingest.seen import SeenItems

# A collection that is left over, by kill -9 alone, is known by this name.
TEMPORARY = "evaluation"


@contextmanager
def temporary_index(
    feeds: Sequence[str],
    settings: Settings,
    encoder: Encoder,
    options: RunOptions,
    on_progress: Callable[[Report], None],
) -> Iterator[tuple[ItemIndex, list[Report]]]:
    """An index of the feeds by `encoder`, in the same store, under an alias that nobody searches.

    It is deleted at the end, also after an error, Ctrl-C or SIGTERM. Raises as `ingest`.
    """
    alias = f"{TEMPORARY}-{uuid.uuid4().hex[:12]}"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        own = settings.model_copy(
            update={"index_alias": alias, "state_dir": folder, "thumbnail_dir": folder / "thumbnails"}
        )
        client = connect(own)
        stack.callback(client.close)
        index = ItemIndex(client, own.qdrant_url, alias, encoder)
        stack.enter_context(_sigterm_interrupts())
        stack.callback(_undisturbed, index.drop)
        _undisturbed(index.ensure)
        seen = stack.enter_context(SeenItems())
        reports = [
            ingest(feed, own, encoder, index, on_progress, seen) for feed in open_feeds(feeds, own, options)
        ]
        yield index, reports


@contextmanager
def _sigterm_interrupts() -> Iterator[None]:
    """SIGTERM unwinds as Ctrl-C does; by itself it would end the process on the spot."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _undisturbed(step: Callable[[], object]) -> None:
    """Do it to its end. Interrupted in between, a collection would be made that is not deleted, or half be
    left; an interrupt that comes meanwhile is raised after it."""
    came: list[int] = []
    before = {
        number: signal.signal(number, lambda number, frame: came.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        step()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if came:
        raise KeyboardInterrupt
