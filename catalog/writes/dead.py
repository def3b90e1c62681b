"""Dead letters: operations that failed for good, with the reason, until someone retries or drops them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import orjson

from catalog.writes.ingests import Outcome
from catalog.writes.messages import Entry
from catalog.writes.storage import Part


@dataclass(frozen=True)
class DeadLetter:
    """`at`: when it failed, in seconds since 1970."""

    entry: Entry
    code: str
    detail: str
    at: float

    @property
    def id(self) -> str:
        """Of the ingest and the operation, so that what is done twice fails once."""
        return f"{self.entry.ingest}-{self.entry.index}"


def bury(part: Part, failed: Sequence[tuple[Entry, Outcome]]) -> None:
    letters = [DeadLetter(entry, one.code or "", one.detail or "", one.at) for entry, one in failed]
    part.put_many({letter.id: _to_bytes(letter) for letter in letters})


def letters(part: Part) -> list[DeadLetter]:
    """All of them, the oldest first."""
    return sorted((_of_bytes(value) for value in part.items().values()), key=lambda letter: letter.at)


def find(part: Part, ids: Sequence[str]) -> list[DeadLetter]:
    """Those of these ids that are there."""
    return [_of_bytes(value) for value in part.get_many(list(dict.fromkeys(ids))).values()]


def drop(part: Part, ids: Iterable[str]) -> None:
    for letter_id in ids:
        part.delete(letter_id)


def again(letter: DeadLetter, ingest_id: str, index: int) -> Entry:
    """The operation of the letter as one of a new ingest; what was accepted after it still beats it."""
    return replace(letter.entry, ingest=ingest_id, index=index, retried=True)


def _to_bytes(letter: DeadLetter) -> bytes:
    entry = letter.entry.to_json()
    return orjson.dumps({"entry": entry, "code": letter.code, "detail": letter.detail, "at": letter.at})


def _of_bytes(value: bytes) -> DeadLetter:
    fields = orjson.loads(value)
    return DeadLetter(Entry.of_json(fields["entry"]), fields["code"], fields["detail"], fields["at"])
