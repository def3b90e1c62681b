"""From validated operations to an answer: queued under an Idempotency-Key, and waited for if asked."""

import hashlib
import re
import threading
import time
from datetime import UTC, datetime
from typing import Any

import orjson
from flask import Flask, Response, current_app, g, request, url_for

from catalog.errors import QueueUnavailable
from catalog.writes.idempotency import Claim, once
from catalog.writes.ingests import Asked, Ingest, Outcome
from catalog.writes.queue import Request, WriteQueue, new_ingest_id
from service.access import current_key
from service.answers import FieldError, WriteStats, json_response
from service.errors import FieldsInvalid
from service.write_answers import IngestAnswer, OperationOutcome, PictureProblem

_KEY_HEADER = "Idempotency-Key"
_KEY = re.compile(r"[!-~]{1,255}")
_LONGEST_WAIT_S = 30.0
_POLL_S = 0.05
# Of the turns that a worker has (service/admission.py), half stay free for searches. Who finds none left gets
# 202 at once, as whoever waits for too long.
_MOST_WAITING = 4


def install(app: Flask, queue: WriteQueue) -> None:
    app.extensions["writes"] = queue
    app.extensions["waiting_writes"] = threading.BoundedSemaphore(_MOST_WAITING)


def current_queue() -> WriteQueue:
    queue: WriteQueue = current_app.extensions["writes"]
    return queue


def push(asked: Request, sent: Any, wait: bool) -> Response:
    """Queue what is asked; `sent` is what tells this request from another one with the same key.

    Raises FieldsInvalid for a malformed key, IdempotencyKeyReused, IdempotencyKeyBusy, QueueFull and
    QueueUnavailable.
    """
    queue, claim = current_queue(), _claim(sent)
    if claim is None:
        ingest_id = new_ingest_id()
        queue.accept(asked, ingest_id)
    else:
        name = claim.name
        ingest_id = once(queue, claim, lambda new_id: queue.accept(asked, new_id, name))
    ingest = _awaited(queue, ingest_id) if wait else queue.ingest(ingest_id)
    response = json_response(ingest_answer(ingest), 200 if wait and ingest.state == "done" else 202)
    response.headers["Location"] = url_for("ingests.ingest", ingest_id=ingest_id)
    return response


def ingest_answer(ingest: Ingest) -> IngestAnswer:
    counts: dict[Any, int] = {}
    for _, outcome in ingest.operations:
        counts[outcome.outcome] = counts.get(outcome.outcome, 0) + 1
    return IngestAnswer(
        id=ingest.id,
        state=ingest.state,
        accepted_at=_time(ingest.accepted),
        counts=counts,
        operations=[_operation(asked, outcome) for asked, outcome in ingest.operations],
        request_id=g.request_id,
    )


def write_stats() -> WriteStats | None:
    """None if the queue does not answer: what else there is to tell does not depend on it."""
    try:
        figures = current_queue().figures()
    except QueueUnavailable:
        return None
    oldest = _time(figures.oldest) if figures.oldest is not None else None
    return WriteStats(queued=figures.waiting, oldest_queued_at=oldest, dead_letters=figures.dead)


def _claim(sent: Any) -> Claim | None:
    key = request.headers.get(_KEY_HEADER)
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise FieldsInvalid(
            [FieldError(field=_KEY_HEADER, message="Input should be 1 to 255 visible characters")]
        )
    api_key = current_key()
    whole = orjson.dumps([request.method, request.path, sent], option=orjson.OPT_SORT_KEYS)
    identity = api_key.digest.hex() if api_key is not None else ""
    return Claim(identity, key, hashlib.sha256(whole).hexdigest())


def _awaited(queue: WriteQueue, ingest_id: str) -> Ingest:
    """The ingest when it is done, or when the longest wait is over."""
    places: threading.BoundedSemaphore = current_app.extensions["waiting_writes"]
    if not places.acquire(blocking=False):
        return queue.ingest(ingest_id)
    try:
        until = time.monotonic() + _LONGEST_WAIT_S
        while (ingest := queue.ingest(ingest_id)).state != "done" and time.monotonic() < until:
            time.sleep(_POLL_S)
        return ingest
    finally:
        places.release()


def _operation(asked: Asked, outcome: Outcome) -> OperationOutcome:
    due = outcome.next_attempt_at
    return OperationOutcome(
        index=asked.index,
        op=asked.op,
        id=asked.item_id,
        outcome=outcome.outcome,
        at=_time(outcome.at),
        code=outcome.code,
        detail=outcome.detail,
        next_attempt_at=_time(due) if due is not None else None,
        problems=[PictureProblem(code=code, detail=detail) for code, detail in outcome.problems],
    )


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
