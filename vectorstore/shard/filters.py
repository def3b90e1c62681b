"""Filters: from the client's models to the engine's."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import qdrant_edge as edge
from qdrant_client.http import models

from vectorstore.errors import BadRequest, NotAnswered


def filter_of(given: models.Filter | None) -> edge.Filter | None:
    """The engine's filter, None for none. Raises BadRequest or NotAnswered."""
    return None if given is None else _filter(given)


def _filter(given: models.Filter) -> edge.Filter:
    return edge.Filter(
        must=_conditions(given.must),
        should=_conditions(given.should),
        must_not=_conditions(given.must_not),
        min_should=_optional(_min_should, given.min_should),
    )


def condition_of(given: models.Condition) -> Any:
    """The engine's condition."""
    build = _CONDITIONS.get(type(given))
    if build is None:
        raise NotAnswered(f"{type(given).__name__} is not answered here: filter by a payload field instead")
    return build(given)


def time_text(moment: datetime | date | str) -> str:
    return moment if isinstance(moment, str) else moment.isoformat()


def _conditions(given: list[models.Condition] | models.Condition | None) -> list[Any] | None:
    if given is None:
        return None
    return [condition_of(condition) for condition in (given if isinstance(given, list) else [given])]


def _field(given: models.FieldCondition) -> edge.FieldCondition:
    tests = given.model_dump(exclude_none=True, exclude={"key"}).keys()
    if len(tests) != 1:
        raise BadRequest(f"Wrong input: the condition on `{given.key}` needs one test, it has {len(tests)}")
    return edge.FieldCondition(
        given.key,
        match=_optional(_match, given.match),
        range=_optional(_range, given.range),
        geo_bounding_box=_optional(_box, given.geo_bounding_box),
        geo_radius=_optional(_radius, given.geo_radius),
        geo_polygon=_optional(_polygon, given.geo_polygon),
        values_count=_optional(_values_count, given.values_count),
        is_empty=given.is_empty,
        is_null=given.is_null,
    )


def _min_should(given: models.MinShould) -> edge.MinShould:
    return edge.MinShould(_conditions(given.conditions) or [], given.min_count)


def _optional(build: Callable[[Any], Any], given: Any) -> Any:
    return None if given is None else build(given)


def _match(given: Any) -> Any:
    match given:
        case models.MatchValue():
            # Edge takes Python's True for the integer 1; numpy's it takes for a boolean.
            value: Any = np.bool_(given.value) if isinstance(given.value, bool) else given.value
            return edge.MatchValue(value)
        case models.MatchAny():
            return edge.MatchAny(_plain(list(given.any)))
        case models.MatchExcept():
            return edge.MatchExcept(_plain(list(given.except_)))
        case models.MatchText():
            return edge.MatchText(given.text)
        case models.MatchTextAny():
            return edge.MatchTextAny(given.text_any)
        case models.MatchPhrase():
            return edge.MatchPhrase(given.phrase)
        case models.MatchPrefix():
            return edge.MatchPrefix(given.prefix)
        case models.MatchSubstring():
            return edge.MatchSubstring(given.substring)
    raise NotAnswered(f"{type(given).__name__} is not answered here")


def _plain(value: Any) -> Any:
    """The value as it is: the client's models mention numpy types that JSON never brings."""
    return value


def _range(given: models.Range | models.DatetimeRange) -> Any:
    bounds: dict[str, Any] = {"gte": given.gte, "gt": given.gt, "lte": given.lte, "lt": given.lt}
    if isinstance(given, models.Range):
        return edge.RangeFloat(**_tightest(bounds, float))
    texts = {name: _optional(time_text, bound) for name, bound in bounds.items()}
    return edge.RangeDateTime(**_tightest(texts, _moment))


def _moment(text: str) -> datetime:
    """Without a time zone it is UTC, as for the engine."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _tightest(bounds: dict[str, Any], order: Callable[[Any], Any]) -> dict[str, Any]:
    """At most one bound a side: of two, the engine's vector search looks at one, be it the wider one."""
    left = dict(bounds)
    if left["gt"] is not None and left["gte"] is not None:
        left["gt" if order(left["gte"]) > order(left["gt"]) else "gte"] = None
    if left["lt"] is not None and left["lte"] is not None:
        left["lt" if order(left["lte"]) < order(left["lt"]) else "lte"] = None
    return left


def _values_count(given: models.ValuesCount) -> edge.ValuesCount:
    return edge.ValuesCount(lt=given.lt, gt=given.gt, lte=given.lte, gte=given.gte)


def geo_point(given: models.GeoPoint) -> edge.GeoPoint:
    return edge.GeoPoint(given.lon, given.lat)


def _box(given: models.GeoBoundingBox) -> edge.GeoBoundingBox:
    return edge.GeoBoundingBox(geo_point(given.top_left), geo_point(given.bottom_right))


def _radius(given: models.GeoRadius) -> edge.GeoRadius:
    return edge.GeoRadius(geo_point(given.center), given.radius)


def _polygon(given: models.GeoPolygon) -> edge.GeoPolygon:
    return edge.GeoPolygon(
        [geo_point(point) for point in given.exterior.points],
        [[geo_point(point) for point in ring.points] for ring in given.interiors or []],
    )


_CONDITIONS: dict[type, Callable[[Any], Any]] = {
    models.FieldCondition: _field,
    models.IsEmptyCondition: lambda given: edge.IsEmptyCondition(given.is_empty.key),
    models.IsNullCondition: lambda given: edge.IsNullCondition(given.is_null.key),
    models.HasIdCondition: lambda given: edge.HasIdCondition(set(given.has_id)),
    models.HasVectorCondition: lambda given: edge.HasVectorCondition(given.has_vector),
    models.NestedCondition: lambda given: edge.NestedCondition(
        given.nested.key, _filter(given.nested.filter)
    ),
    models.Filter: _filter,
}
