"""Filters on the fields of an item, in our words and as Qdrant's models."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qdrant_client import models

from catalog.attributes import ATTRIBUTES, DATES, NUMBERS, TERMS, attribute_of, path_of
from catalog.errors import FieldUnknown
from catalog.points import PRIMARY

Value = str | int | bool


@dataclass(frozen=True)
class AnyOf:
    """The field holds one of `values`; with `negated`, none of them (a missing field passes).

    No values: nothing passes; with `negated`, everything.
    """

    values: tuple[Value, ...]
    negated: bool = False


@dataclass(frozen=True)
class Between:
    """The number lies within the given bounds; a missing field never does."""

    gte: float | None = None
    lte: float | None = None
    gt: float | None = None
    lt: float | None = None


@dataclass(frozen=True)
class Within:
    """The time lies within the given bounds; a missing field never does."""

    gte: datetime | None = None
    lte: datetime | None = None
    gt: datetime | None = None
    lt: datetime | None = None


Condition = AnyOf | Between | Within

# By field of the item as in catalog/points.py, or `attributes.<name>`.
Filter = Mapping[str, Condition]

_READINGS: dict[type, tuple[str, str]] = {
    AnyOf: (TERMS, "values to choose from"),
    Between: (NUMBERS, "numbers"),
    Within: (DATES, "dates"),
}


def to_qdrant(filter_: Filter, indexed: Collection[str] = ()) -> models.Filter:
    """`indexed`: the paths that have a payload index. Raises FieldUnknown for an attribute that has none."""
    must: list[models.Condition] = []
    must_not: list[models.Condition] = []
    for field, condition in filter_.items():
        path = payload_path(field, type(condition), indexed)
        if isinstance(condition, AnyOf):
            (must_not if condition.negated else must).append(_match(path, condition.values))
        elif isinstance(condition, Between):
            must.append(models.FieldCondition(key=path, range=models.Range(**_tightest(condition))))
        else:
            times = models.DatetimeRange(**_tightest(condition))
            must.append(models.FieldCondition(key=path, range=times))
    return models.Filter(must=must or None, must_not=must_not or None)


def payload_path(field: str, kind: type[Condition], indexed: Collection[str]) -> str:
    """Where the points keep what a condition of that kind looks at. Raises FieldUnknown."""
    name = attribute_name(field)
    if name is None:
        return field
    reading, what = _READINGS[kind]
    path = path_of(reading, name)
    if path in indexed:
        return path
    names = sorted({known for known in map(attribute_of, indexed) if known is not None})
    if name in names:
        raise FieldUnknown(field, f"no item has {what} in it")
    listed = ", ".join(f"{ATTRIBUTES}.{known}" for known in names) or "none"
    raise FieldUnknown(field, f"unknown attribute; known here: {listed}")


def attribute_name(field: str) -> str | None:
    """`season` of `attributes.season`; None for a field of its own."""
    return field.removeprefix(f"{ATTRIBUTES}.") if field.startswith(f"{ATTRIBUTES}.") else None


def _tightest(condition: Between | Within) -> dict[str, Any]:
    """At most one bound on each side: of two, the engine's vector search looks at `gt` or `lt` alone."""
    gt, gte, lt, lte = condition.gt, condition.gte, condition.lt, condition.lte
    if gt is not None and gte is not None:
        gt, gte = (None, gte) if gte > gt else (gt, None)  # type: ignore[operator]
    if lt is not None and lte is not None:
        lt, lte = (None, lte) if lte < lt else (lt, None)  # type: ignore[operator]
    return {"gt": gt, "gte": gte, "lt": lt, "lte": lte}


def _match(field: str, values: tuple[Value, ...]) -> models.Condition:
    # Qdrant's MatchAny takes texts or integers, not booleans. Of no values at all, it lets nothing pass.
    if values and all(isinstance(value, bool) for value in values):
        conditions: list[models.Condition] = [
            models.FieldCondition(key=field, match=models.MatchValue(value=value)) for value in values
        ]
        return conditions[0] if len(conditions) == 1 else models.Filter(should=conditions)
    return models.FieldCondition(key=field, match=models.MatchAny(any=list(values)))


def primary_only(condition: models.Filter) -> models.Filter:
    """The same condition on one point of each item, so that items are counted."""
    primary = models.FieldCondition(key=PRIMARY, match=models.MatchValue(value=True))
    must = condition.must if isinstance(condition.must, list) else []
    return condition.model_copy(update={"must": [*must, primary]})
