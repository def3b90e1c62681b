"""Forgets what is too old: ingest records, idempotency keys, versions and deletes.

What to forget lies in the schedule of a storage. It is read, forgotten, and only then taken off, so that a
crash in between does no more than forget it twice.
"""

import time
from collections.abc import Sequence
from typing import Any

import orjson

from catalog.writes import applied, ingests
from catalog.writes.locks import LockBusy, Locks
from catalog.writes.parts import Parts

_AT_ONCE = 500


def remember_until(
    parts: Parts, due: float, ingest_id: str, partitions: Sequence[int], idempotency: str | None
) -> None:
    """Keep an ingest, and its key in the table of idempotency keys, until `due` (seconds since 1970)."""
    entry = {"due": due, "ingest": ingest_id, "partitions": list(partitions), "idempotency": idempotency}
    parts.ingests.schedule(orjson.dumps(entry), due)


def last_ingests(parts: Parts, limit: int) -> list[str]:
    """The ids of ingests that were accepted last, the last one first: what is forgotten last came last.

    Batches of applied items stand between them, so there may be fewer than `limit` though more are kept.
    """
    entries = map(orjson.loads, parts.ingests.last_scheduled(4 * limit))
    return [entry["ingest"] for entry in entries if "ingest" in entry][:limit]


def remember_items_until(parts: Parts, due: float, item_ids: Sequence[str]) -> None:
    """Keep what was last applied to the items until `due`, or longer if more is applied to them."""
    if item_ids:
        parts.ingests.schedule(orjson.dumps({"due": due, "items": list(item_ids)}), due)


def forget_old(parts: Parts, locks: Locks, kept_s: float) -> None:
    """One process at a time."""
    try:
        with locks.hold("expiry", 0):
            while _forget_some(parts, time.time(), kept_s):
                pass
    except LockBusy:
        return


def _forget_some(parts: Parts, now: float, kept_s: float) -> bool:
    """Whether there may be more."""
    contents = parts.ingests.scheduled(_AT_ONCE)
    due = [(content, orjson.loads(content)) for content in contents]
    due = [(content, entry) for content, entry in due if entry["due"] <= now]
    if not due:
        return False
    for _, entry in due:
        _forget(parts, entry, now, kept_s)
    forgotten = {content for content, _ in due}
    for content in parts.ingests.take_scheduled(due[-1][1]["due"]):
        if content not in forgotten:  # it has the same time as the last of them
            _forget(parts, orjson.loads(content), now, kept_s)
    return len(due) == len(contents)


def _forget(parts: Parts, entry: dict[str, Any], now: float, kept_s: float) -> None:
    if "items" in entry:
        _forget_items(parts, entry["items"], now, kept_s)
        return
    ingests.forget(parts.ingests, entry["ingest"], entry["partitions"])
    if entry["idempotency"]:
        parts.idempotency.delete(entry["idempotency"])


def _forget_items(parts: Parts, item_ids: Sequence[str], now: float, kept_s: float) -> None:
    records = applied.read(parts.applied, item_ids)
    for item_id, record in records.items():
        if record.at <= now - kept_s:
            parts.applied.delete(item_id)
    later = [item_id for item_id, record in records.items() if record.at > now - kept_s]
    remember_items_until(parts, now + kept_s, later)
