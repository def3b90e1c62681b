"""What the worker tells Prometheus: how its rounds over the feeds and the pushed writes end.

The web service tells what waits (service/metrics.py); here is what is done. Labels are bounded.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector, start_http_server

from catalog.errors import SettingInvalid

# How a look at feeds that are one catalogue ended.
RoundOutcome = Literal["unchanged", "ok", "in_part", "failed"]

_log = logging.getLogger(__name__)


class WorkerMetrics:
    """The figures of one worker. Threads may share it."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._runs = Counter(
            "vitrine_feed_runs", "Looks at feeds, by how they ended.", ["outcome"], registry=self.registry
        )
        self._current = Gauge(
            "vitrine_feeds_current_timestamp_seconds",
            "When a round last ended with the index as all feeds say, as far as their rows can be used.",
            registry=self.registry,
        )
        self._pushed = Counter(
            "vitrine_pushed_writes", "Pushed operations settled, by outcome.", ["outcome"],
            registry=self.registry,
        )  # fmt: skip
        for outcome in ("unchanged", "ok", "in_part", "failed"):  # there from the start, so that a rate is
            self._runs.labels(outcome)
        for outcome in ("embedded", "payload_updated", "unchanged", "deleted", "failed"):
            self._pushed.labels(outcome)

    def note_round(self, outcomes: Sequence[RoundOutcome]) -> None:
        """Of all feeds, one after the other."""
        for outcome in outcomes:
            self._runs.labels(outcome).inc()
        if "failed" not in outcomes:
            self._current.set(time.time())

    def note_pushed(self, outcome: str) -> None:
        self._pushed.labels(outcome).inc()


@contextmanager
def told_at(bind: str, metrics: WorkerMetrics) -> Iterator[None]:
    """Answer GET /metrics at `host:port` meanwhile; empty: nowhere. Raises SettingInvalid."""
    if not bind:
        yield
        return
    host, _, port = bind.rpartition(":")
    try:
        server, thread = start_http_server(int(port), host.strip("[]"), metrics.registry)
    except (OSError, OverflowError) as error:
        raise SettingInvalid(f"WORKER_METRICS: cannot listen on {bind} ({error}).") from error
    _log.info("figures for Prometheus at http://%s/metrics", bind)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
