"""What became of one operation when it was tried."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from catalog.writes.ingests import OutcomeName
from ingest.feeds.rows import Problem


@dataclass(frozen=True)
class Result:
    """`outcome`: None if nothing of it could be written, for the reason `code` and `detail`.

    `may_pass`: another try may do more, at the earliest `retry_after_s` from now.
    """

    outcome: OutcomeName | None
    code: str | None = None
    detail: str | None = None
    problems: list[tuple[str, str]] = field(default_factory=list)
    may_pass: bool = False
    retry_after_s: float = 0.0


def failed(code: str, detail: str) -> Result:
    return Result(None, code, detail)


def of_put(outcome: OutcomeName | None, problems: Sequence[Problem]) -> Result:
    """Of an item with what was wrong with its pictures; `outcome` None if none of them can be used."""
    passing = [problem for problem in problems if problem.may_pass]
    told = (passing or list(problems))[:1]
    return Result(
        outcome,
        code=told[0].code if told else None,
        detail=told[0].reason if told else None,
        problems=[(problem.code, problem.reason) for problem in problems],
        may_pass=bool(passing),
        retry_after_s=max((problem.retry_after_s for problem in passing), default=0.0),
    )
