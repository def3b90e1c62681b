"""GET /metrics: what Prometheus reads. Under gunicorn every worker's figures are summed, whoever answers.

gunicorn.conf.py sets PROMETHEUS_MULTIPROC_DIR before a worker starts; without it there is one process only.
Every label is bounded: routes are templates, methods and statuses are HTTP's, codes those of our own tables.
"""

import logging
import os
import threading
import time
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from catalog.encoder import Encoder
from catalog.encoders.text_cache import CacheCounts
from catalog.errors import QueueFull, QueueUnavailable
from catalog.writes.queue import WriteQueue
from service.errors import OutOfMemory, Overloaded
from service.operations import Media, operation

blueprint = Blueprint("metrics", __name__)

_log = logging.getLogger(__name__)

# From a remembered text (tens of microseconds) to the longest wait for a store.
_BUCKETS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# Those that alerts look at, told before the first one comes: Prometheus sees an increase from 0 only.
_TOLD_AT_0 = (Overloaded.code, OutOfMemory.code, QueueFull.code)
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class Metrics:
    """The figures of one app. Threads may share it."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._stage = Histogram(
            "vitrine_stage_duration_seconds", "Time that searches spent, by stage; total is the request's.",
            ["stage"], buckets=_BUCKETS_S, registry=self.registry,
        )  # fmt: skip
        self._requests = Counter(
            "vitrine_http_requests", "Requests answered.", ["route", "method", "status"],
            registry=self.registry,
        )  # fmt: skip
        self._in_progress = Gauge(
            "vitrine_http_requests_in_progress", "Requests being answered.", multiprocess_mode="livesum",
            registry=self.registry,
        )  # fmt: skip
        self._errors = Counter(
            "vitrine_errors", "Errors told to clients, by their code.", ["code"], registry=self.registry
        )
        for code in _TOLD_AT_0:
            self._errors.labels(code)
        self._hits = Counter(
            "vitrine_text_cache_hits", "Texts whose vector was remembered.", registry=self.registry
        )
        self._misses = Counter("vitrine_text_cache_misses", "Texts embedded.", registry=self.registry)
        self._counted: WeakKeyDictionary[Encoder, CacheCounts] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def begin(self) -> None:
        self._in_progress.inc()

    def end(self) -> None:
        self._in_progress.dec()

    def answered(self, status: int) -> None:
        route = request.url_rule.rule if request.url_rule is not None else "none"
        method = request.method if request.method in _METHODS else "other"
        self._requests.labels(route, method, str(status)).inc()
        if "error_code" in g:
            self._errors.labels(g.error_code).inc()
        if "stages" in g:
            self._count_search()

    def _count_search(self) -> None:
        for stage, seconds in g.stages.seconds.items():
            if seconds:  # one that had nothing to do would only draw the figures down
                self._stage.labels(stage).observe(seconds)
        self._stage.labels("total").observe(time.perf_counter() - g.started)
        if "searcher" not in g:
            return
        encoder = g.searcher.encoder
        with self._lock:  # else two threads would count the same texts
            before = self._counted.get(encoder, g.searcher.texts_before)
            self._counted[encoder] = now = encoder.text_cache
        self._hits.inc(now.hits - before.hits)
        self._misses.inc(now.misses - before.misses)


class QueueFigures(Collector):
    """Figures of the pushed writes, read from the queue itself when they are asked for."""

    def __init__(self, queue: WriteQueue) -> None:
        self._queue = queue

    def collect(self) -> Iterator[Metric]:
        try:
            figures = self._queue.figures()
        except QueueUnavailable as error:  # the other figures are all the more wanted then
            _log.warning("no figures of the queue: %s", error)
            return
        age_s = time.time() - figures.oldest if figures.oldest is not None else 0.0
        yield _gauge("vitrine_queued_writes", "Pushed operations that wait.", figures.waiting)
        yield _gauge("vitrine_oldest_queued_write_seconds", "Age of the oldest that waits.", max(0.0, age_s))
        yield _gauge("vitrine_dead_letters", "Pushed operations that failed for good.", figures.dead)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def install(app: Flask, queue: WriteQueue) -> None:
    metrics = app.extensions["metrics"] = Metrics()
    app.extensions["queue_figures"] = QueueFigures(queue)
    app.before_request(metrics.begin)
    app.after_request(_count)
    app.teardown_request(lambda _: metrics.end())


@blueprint.get("/metrics")
@operation("admin", Media("text/plain", "Prometheus's text format."), limited=False)
def figures() -> Response:
    """Counters and times for Prometheus."""
    registry = _current().registry
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    of_queue = CollectorRegistry()
    of_queue.register(current_app.extensions["queue_figures"])
    content = generate_latest(registry) + generate_latest(of_queue)
    return Response(content, content_type=CONTENT_TYPE_LATEST)


def _count(response: Response) -> Response:
    _current().answered(response.status_code)
    return response


def _current() -> Metrics:
    metrics: Metrics = current_app.extensions["metrics"]
    return metrics
