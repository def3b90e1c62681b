"""What the service answers about writes, as typed models."""

from typing import Literal

from catalog.writes.ingests import Op, OutcomeName
from service.answers import Answer


class PictureProblem(Answer):
    code: str
    detail: str


class OperationOutcome(Answer):
    """What became of one operation; `index` counts from 0 in the order of the request.

    `at`: when this was so. `code` and `detail` say why it failed or is tried again, `next_attempt_at` when.
    `problems`: pictures that cannot be used though the rest of the item went in.
    """

    index: int
    op: Op | None
    id: str | None
    outcome: OutcomeName
    at: str
    code: str | None
    detail: str | None
    next_attempt_at: str | None
    problems: list[PictureProblem]


class IngestAnswer(Answer):
    """What one request wrote. `counts`: its operations by outcome."""

    id: str
    state: Literal["queued", "working", "done"]
    accepted_at: str
    counts: dict[OutcomeName, int]
    operations: list[OperationOutcome]
    request_id: str
