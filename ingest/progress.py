"""Shows how far an ingest is: a bar on a terminal, a plain line now and then elsewhere."""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from ingest.report import Report

PLAIN_LINE_EVERY_S = 5.0

_log = logging.getLogger(__name__)


@contextmanager
def progress() -> Iterator[Callable[[Report], None]]:
    """Yields what `ingest()` calls after each batch."""
    if not sys.stderr.isatty():
        yield _PlainLines().show
        return
    # Log lines are written above the bar, not through it.
    with tqdm(unit=" items", dynamic_ncols=True) as bar, logging_redirect_tqdm():

        def show(report: Report) -> None:
            bar.update(report.read - bar.n)
            bar.set_postfix(embedded=report.items["embedded"], failed=report.items["failed"])

        yield show


class _PlainLines:
    def __init__(self) -> None:
        self._next = time.monotonic() + PLAIN_LINE_EVERY_S

    def show(self, report: Report) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + PLAIN_LINE_EVERY_S
            _log.info(
                "%s: %d items read, %d embedded, %d failed",
                report.feed, report.read, report.items["embedded"], report.items["failed"],
            )  # fmt: skip
