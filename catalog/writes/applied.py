"""The last push that was applied to an item: its version, and that it was a delete.

So a late, older message loses even after the item is gone, and a feed that was read before a delete does not
bring the item back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import orjson

from catalog.writes.messages import Entry
from catalog.writes.storage import Part


@dataclass(frozen=True)
class Applied:
    """`accepted` and `at` (when it was applied): seconds since 1970. `version`: the highest one so far."""

    version: int | None
    accepted: float
    at: float
    deleted: bool

    def beats(self, entry: Entry) -> bool:
        """Whether the entry comes too late. One of an equal version does not: the later of both counts."""
        version = entry.operation.version
        if self.version is not None and version is not None:
            return self.is_newer_than(version)
        return entry.retried and entry.accepted < self.accepted

    def is_newer_than(self, version: int | None) -> bool:
        """By their versions, as far as both have one."""
        return self.version is not None and version is not None and version < self.version


def after(before: Applied | None, entry: Entry, at: float) -> Applied:
    """The record once the entry is applied at that time."""
    versions = [
        one for one in (before.version if before else None, entry.operation.version) if one is not None
    ]
    accepted = max(entry.accepted, before.accepted if before else 0.0)
    return Applied(max(versions, default=None), accepted, at, entry.operation.op == "delete")


def read(part: Part, item_ids: Sequence[str]) -> dict[str, Applied]:
    return {item_id: Applied(**orjson.loads(value)) for item_id, value in part.get_many(item_ids).items()}


def write(part: Part, records: Mapping[str, Applied]) -> None:
    part.put_many({item_id: orjson.dumps(asdict(record)) for item_id, record in records.items()})
