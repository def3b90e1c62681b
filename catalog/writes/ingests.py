"""Ingest records: what a request brought, and what became of each of its operations.

The head of a record is written once, when the request is accepted. Outcomes are kept apart, a key for each
partition that has operations of the ingest, and merged when the record is read: the holder of a partition's
lock alone writes its key, so that no two workers ever overwrite each other's outcomes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

import orjson

from catalog.errors import IngestNotFound
from catalog.writes.storage import Part

OutcomeName = Literal[
    "queued", "retrying", "embedded", "payload_updated", "unchanged", "deleted", "superseded", "failed"
]
Op = Literal["put", "patch", "delete"]
_WAITING: Final = ("queued", "retrying")


@dataclass(frozen=True)
class Outcome:
    """What became of one operation. `at`, `next_attempt_at`: seconds since 1970.

    `code` and `detail` say why it failed or is tried again; `problems`, what of it could not be used though
    the rest went in: pairs of code and detail.
    """

    outcome: OutcomeName
    at: float
    code: str | None = None
    detail: str | None = None
    next_attempt_at: float | None = None
    problems: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_final(self) -> bool:
        return self.outcome not in _WAITING


@dataclass(frozen=True)
class Asked:
    """One operation as the head of a record names it; `partition` is None if it was refused at once."""

    index: int
    op: Op | None
    item_id: str | None
    partition: int | None


@dataclass(frozen=True)
class Ingest:
    """A record as it stands: each operation with its outcome, in the order of the request."""

    id: str
    accepted: float
    operations: list[tuple[Asked, Outcome]]

    @property
    def state(self) -> Literal["queued", "working", "done"]:
        if all(outcome.is_final for _, outcome in self.operations):
            return "done"
        begun = any(
            outcome.outcome != "queued" for asked, outcome in self.operations if asked.partition is not None
        )
        return "working" if begun else "queued"


def write_head(
    part: Part, ingest_id: str, accepted: float, asked: Sequence[Asked], refused: Mapping[int, Outcome]
) -> None:
    """`refused`: by index, what was wrong with the operations that are not queued."""
    head = {
        "accepted": accepted,
        "asked": [[one.index, one.op, one.item_id, one.partition] for one in asked],
        "refused": {str(index): asdict(outcome) for index, outcome in refused.items()},
    }
    part.put_many({ingest_id: orjson.dumps(head)})


def read(part: Part, ingest_id: str) -> Ingest:
    """Raises IngestNotFound."""
    found = part.get(ingest_id)
    if found is None or ":" in ingest_id:
        raise IngestNotFound(ingest_id)
    head = orjson.loads(found)
    asked = [Asked(*one) for one in head["asked"]]
    known: dict[int, Outcome] = {int(index): _outcome(one) for index, one in head["refused"].items()}
    partitions = {one.partition for one in asked if one.partition is not None}
    for value in part.get_many([_key(ingest_id, partition) for partition in partitions]).values():
        known |= _outcomes(value)
    waiting = Outcome("queued", head["accepted"])
    return Ingest(ingest_id, head["accepted"], [(one, known.get(one.index, waiting)) for one in asked])


def outcomes_of(part: Part, ingest_ids: Iterable[str], partition: int) -> dict[tuple[str, int], Outcome]:
    """What is known of the operations of these ingests in one partition, by ingest and index."""
    keys = {_key(one, partition): one for one in ingest_ids}
    return {
        (keys[key], index): outcome
        for key, value in part.get_many(list(keys)).items()
        for index, outcome in _outcomes(value).items()
    }


def record(part: Part, partition: int, outcomes: Mapping[tuple[str, int], Outcome]) -> None:
    """Add outcomes of one partition, whose lock the caller holds; all of them in one write."""
    ingests = {ingest for ingest, _ in outcomes}
    known = outcomes_of(part, ingests, partition) | dict(outcomes)
    pairs = {}
    for ingest in ingests:
        own = {str(index): asdict(outcome) for (one, index), outcome in known.items() if one == ingest}
        pairs[_key(ingest, partition)] = orjson.dumps(own)
    part.put_many(pairs)


def forget(part: Part, ingest_id: str, partitions: Iterable[int]) -> None:
    for key in [ingest_id, *(_key(ingest_id, partition) for partition in partitions)]:
        part.delete(key)


def _key(ingest_id: str, partition: int) -> str:
    return f"{ingest_id}:{partition}"


def _outcomes(value: bytes) -> dict[int, Outcome]:
    return {int(index): _outcome(one) for index, one in orjson.loads(value).items()}


def _outcome(fields: dict[str, Any]) -> Outcome:
    problems = [(code, detail) for code, detail in fields.pop("problems")]
    return Outcome(**fields, problems=problems)
