"""Score formulas: from the client's expressions to the engine's."""

from collections.abc import Callable
from typing import Any

import qdrant_edge as edge
from qdrant_client.http import models

from vectorstore.shard.engine import engine
from vectorstore.shard.filters import condition_of, geo_point

_DECAYS: dict[type, tuple[str, edge.DecayKind]] = {
    models.LinDecayExpression: ("lin_decay", edge.DecayKind.Lin),
    models.ExpDecayExpression: ("exp_decay", edge.DecayKind.Exp),
    models.GaussDecayExpression: ("gauss_decay", edge.DecayKind.Gauss),
}
_MANY: dict[type, tuple[str, Callable[..., Any]]] = {
    models.MultExpression: ("mult", edge.Expression.Mult),
    models.SumExpression: ("sum", edge.Expression.Sum),
    models.MaxExpression: ("max", edge.Expression.Max),
    models.MinExpression: ("min", edge.Expression.Min),
}
_ONE: dict[type, tuple[str, Callable[..., Any]]] = {
    models.NegExpression: ("neg", edge.Expression.Neg),
    models.AbsExpression: ("abs", edge.Expression.Abs),
    models.SqrtExpression: ("sqrt", edge.Expression.Sqrt),
    models.ExpExpression: ("exp", edge.Expression.Exp),
    models.Log10Expression: ("log10", edge.Expression.Log10),
    models.LnExpression: ("ln", edge.Expression.Ln),
    models.AcoshExpression: ("acosh", edge.Expression.Acosh),
}


def formula_of(given: models.FormulaQuery) -> edge.Formula:
    return engine(edge.Formula, _expression(given.formula), defaults=given.defaults or {})


def _expression(given: Any) -> Any:
    if isinstance(given, bool | int | float):
        return edge.Expression.Constant(float(given))
    if isinstance(given, str):
        return engine(edge.Expression.Variable, given)
    kind = type(given)
    if kind in _MANY:
        field, build = _MANY[kind]
        return build([_expression(part) for part in getattr(given, field)])
    if kind in _ONE:
        field, build = _ONE[kind]
        return build(_expression(getattr(given, field)))
    if kind in _DECAYS:
        return _decay(given)
    return _other(given)


def _other(given: Any) -> Any:
    match given:
        case models.DivExpression():
            parts = given.div
            return edge.Expression.Div(
                _expression(parts.left), _expression(parts.right), parts.by_zero_default
            )
        case models.PowExpression():
            return edge.Expression.Pow(_expression(given.pow.base), _expression(given.pow.exponent))
        case models.DatetimeExpression():
            return engine(edge.Expression.Datetime, given.datetime)
        case models.DatetimeKeyExpression():
            return engine(edge.Expression.DatetimeKey, given.datetime_key)
        case models.GeoDistance():
            distance = given.geo_distance
            return engine(edge.Expression.GeoDistance, geo_point(distance.origin), distance.to)
    return edge.Expression.Condition(condition_of(given))


def _decay(given: Any) -> Any:
    field, kind = _DECAYS[type(given)]
    asked = getattr(given, field)
    return engine(
        edge.Expression.Decay,
        kind,
        _expression(asked.x),
        target=None if asked.target is None else _expression(asked.target),
        midpoint=asked.midpoint,
        scale=asked.scale,
    )
