"""What lies in the queue: operations with the ingest they belong to, and items that wait for another try."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from pydantic import ValidationError

from catalog.writes.ingests import OutcomeName
from catalog.writes.operations import Delete, Patch, Put, operation_adapter

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """One operation of an ingest. `accepted`: seconds since 1970.

    `retried`: it comes from the dead letters, so what was accepted after it may have been done before it.
    """

    ingest: str
    index: int
    accepted: float
    operation: Put | Patch | Delete
    retried: bool = False

    @property
    def key(self) -> tuple[str, int]:
        return self.ingest, self.index

    @property
    def item_id(self) -> str:
        return self.operation.item_id

    def to_json(self) -> dict[str, Any]:
        return {
            "ingest": self.ingest,
            "index": self.index,
            "accepted": self.accepted,
            "retried": self.retried,
            "operation": self.operation.model_dump(mode="json", exclude_unset=True),
        }

    @classmethod
    def of_json(cls, fields: dict[str, Any]) -> "Entry":
        """Raises ValueError, KeyError or TypeError for what no version of this program has written."""
        operation = operation_adapter.validate_python(fields["operation"])
        return cls(fields["ingest"], fields["index"], fields["accepted"], operation, fields["retried"])


@dataclass(frozen=True)
class Parked:
    """The operations of an item whose first one could not be done for now; none overtakes it.

    `attempts` of the first one. `written`: what of it went in already, as an outcome. `not_before`: seconds
    since 1970.
    """

    entries: list[Entry]
    attempts: int
    not_before: float
    code: str
    detail: str
    written: OutcomeName | None = None

    def to_bytes(self) -> bytes:
        fields = {name: getattr(self, name) for name in _OF_PARKED}
        return orjson.dumps({**fields, "entries": [entry.to_json() for entry in self.entries]})

    @classmethod
    def of_bytes(cls, value: bytes) -> "Parked":
        fields = orjson.loads(value)
        entries = [entry for one in fields["entries"] if (entry := _readable(one)) is not None]
        return cls(entries, **{name: fields[name] for name in _OF_PARKED})


def accepted_first(parked: bytes) -> float:
    """When the first operation of a parked item was accepted; without the cost of reading all of it."""
    return float(orjson.loads(parked)["entries"][0]["accepted"])


_OF_PARKED = ("attempts", "not_before", "code", "detail", "written")


@dataclass(frozen=True)
class Message:
    """The operations of one request for one partition. `unreadable`: how many cannot be understood."""

    content: bytes
    entries: list[Entry]
    unreadable: int = field(default=0)

    @classmethod
    def of_bytes(cls, content: bytes) -> "Message":
        try:
            parts = orjson.loads(content)
        except orjson.JSONDecodeError:
            return cls(content, [], 1)
        entries = [entry for part in parts if (entry := _readable(part)) is not None]
        return cls(content, entries, len(parts) - len(entries))


def message_of(entries: Sequence[Entry]) -> bytes:
    return orjson.dumps([entry.to_json() for entry in entries])


def _readable(part: dict[str, Any]) -> Entry | None:
    try:
        return Entry.of_json(part)
    except (ValidationError, KeyError, TypeError) as error:
        # Of another version of this program, perhaps: it must not stop what stands behind it.
        _log.error("a pushed write cannot be understood: %.300s: %s", part, error)
        return None
