"""Ingests shards, one after another, with the very steps of a run on one machine."""

from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from catalog.errors import CatalogError
from catalog.known_encoders import KnownEncoders
from catalog.log import set_up_logging
from catalog.settings import Settings
from ingest.connect import connected
from ingest.distributed.shards import Outcome, Shard
from ingest.pipeline import Steps, opened_steps
from ingest.prepare import Placed
from ingest.report import Report
from ingest.targets import Targets


class ShardWorker:
    """One of several in a run, each a program of its own. `began`: when the run did."""

    def __init__(self, settings: Settings, began: datetime) -> None:
        self._settings = settings
        self._began = began
        self._stack = ExitStack()
        self._steps: Steps | None = None
        set_up_logging(settings.log_level, settings.log_format)

    def ingest(self, shard: Shard) -> Outcome:
        """Can be repeated: what was written before is found unchanged."""
        outcome = Outcome(shard.feed, Report(shard.name), digest=shard.digest)
        if shard.not_for_sale:
            outcome.report.items["not_for_sale"] = shard.not_for_sale
        outcome.ids = [entry.item.id for entry in shard.entries if isinstance(entry, Placed)]
        if shard.is_finished:
            count = len(shard.entries)
            outcome.report.read = outcome.report.resumed = outcome.report.items["unchanged"] = count
            return outcome
        try:
            steps = self._opened().at(shard.folder)
            for batch in steps.take(shard.entries):
                outcome.report.count(batch)
                outcome.problems += batch.problems
                outcome.pictures += batch.pictures
        except CatalogError as error:
            outcome.error = str(error)
        return outcome

    def _opened(self) -> Steps:
        """Opened by the first shard, since what fails then is an outcome."""
        if self._steps is None:
            encoders = KnownEncoders(self._settings)
            index, encoder = self._stack.enter_context(connected(self._settings, encoders))
            targets = Targets(index, encoders)
            self._steps = self._stack.enter_context(
                opened_steps(Path(), self._settings, encoder, targets, self._began)
            )
        return self._steps
