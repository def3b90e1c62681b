"""What of the pushed writes belongs to a backup: the last one that each item had, its version and its delete.

An index that is put back is as it was then, and so must be what is known of the pushes that went into it.
Those that wait are not in a backup: they are kept by SQLite or Redis, and are done to whatever index is live.
Keys of requests are forgotten by a restore: what they did is undone, and when it is sent again it has to be
done again.
"""

import time
from itertools import islice
from typing import IO

import orjson

from catalog.settings import Settings
from catalog.writes.expiry import remember_items_until
from catalog.writes.parts import Parts

_AT_ONCE = 500


def applied_lines(parts: Parts) -> bytes:
    """One line an item."""
    lines = [orjson.dumps([name, orjson.loads(value)]) for name, value in parts.applied.items().items()]
    return b"\n".join(lines)


def put_back_applied(settings: Settings, parts: Parts, content: IO[bytes]) -> int:
    """Replace what is known of applied pushes; how many items that is of."""
    kept_until = time.time() + settings.write_records_days * 86_400
    parts.idempotency.clear()
    parts.applied.clear()
    rows = (orjson.loads(line) for line in content.read().splitlines())
    count = 0
    while some := list(islice(rows, _AT_ONCE)):
        remember_items_until(parts, kept_until, [name for name, _ in some])
        parts.applied.put_many({name: orjson.dumps(record) for name, record in some})
        count += len(some)
    return count
