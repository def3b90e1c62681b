"""Filters on payload fields, in our words and as Qdrant's models."""

from collections.abc import Mapping
from dataclasses import dataclass

from qdrant_client import models

Value = str | int | bool


@dataclass(frozen=True)
class AnyOf:
    """The field holds one of `values`; with `negated`, none of them (a missing field passes)."""

    values: tuple[Value, ...]
    negated: bool = False


@dataclass(frozen=True)
class Between:
    """The number lies within the given bounds; a missing field never does."""

    gte: float | None = None
    lte: float | None = None
    gt: float | None = None
    lt: float | None = None


Filter = Mapping[str, AnyOf | Between]


def to_qdrant(filter_: Filter) -> models.Filter:
    must: list[models.Condition] = []
    must_not: list[models.Condition] = []
    for field, condition in filter_.items():
        if isinstance(condition, Between):
            bounds = models.Range(gte=condition.gte, lte=condition.lte, gt=condition.gt, lt=condition.lt)
            must.append(models.FieldCondition(key=field, range=bounds))
        else:
            (must_not if condition.negated else must).append(_match(field, condition.values))
    return models.Filter(must=must or None, must_not=must_not or None)


def _match(field: str, values: tuple[Value, ...]) -> models.Condition:
    # Qdrant's MatchAny takes texts or integers, not booleans.
    if all(isinstance(value, bool) for value in values):
        conditions: list[models.Condition] = [
            models.FieldCondition(key=field, match=models.MatchValue(value=value)) for value in values
        ]
        return conditions[0] if len(conditions) == 1 else models.Filter(should=conditions)
    return models.FieldCondition(key=field, match=models.MatchAny(any=list(values)))
