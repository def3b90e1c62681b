"""What of the pushed writes belongs to a backup: the last one that each item had, its version and its delete.

An index that is put back is as it was then, and so must be what is known of the pushes that went into it.
Those that wait are not in a backup: they are kept by SQLite or Redis, and are done to whatever index is live.
Keys of requests are forgotten by a restore if something of them was done: that is undone, and when it is sent
again it has to be done again. Those of requests that wait are kept, since they are done once, afterwards.
"""

import time
from itertools import islice
from typing import IO

import orjson

from catalog.errors import IngestNotFound
from catalog.settings import Settings
from catalog.writes import ingests
from catalog.writes.expiry import remember_items_until
from catalog.writes.parts import Parts

_AT_ONCE = 500


def applied_lines(parts: Parts) -> bytes:
    """One line an item."""
    lines = [orjson.dumps([name, orjson.loads(value)]) for name, value in parts.applied.items().items()]
    return b"\n".join(lines)


def put_back_applied(settings: Settings, parts: Parts, content: IO[bytes]) -> int:
    """Replace what is known of applied pushes; how many items that is of. No worker does any meanwhile."""
    kept_until = time.time() + settings.write_records_days * 86_400
    _forget_done_requests(parts)
    parts.applied.clear()
    rows = (orjson.loads(line) for line in content.read().splitlines())
    count = 0
    while some := list(islice(rows, _AT_ONCE)):
        remember_items_until(parts, kept_until, [name for name, _ in some])
        parts.applied.put_many({name: orjson.dumps(record) for name, record in some})
        count += len(some)
    return count


def _forget_done_requests(parts: Parts) -> None:
    for name, value in parts.idempotency.items().items():
        _, ingest_id, _ = orjson.loads(value)
        try:
            operations = ingests.read(parts.ingests, ingest_id).operations
        except IngestNotFound:  # it is being accepted just now
            continue
        if any(outcome.is_final and asked.partition is not None for asked, outcome in operations):
            parts.idempotency.delete(name)
