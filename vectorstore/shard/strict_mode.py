"""Strict mode: refuses calls that would look at every point, or ask for more than the collection allows.

What is checked, and in which words it is refused, is as on a Qdrant server.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from qdrant_client.http import models

from vectorstore.errors import BadRequest
from vectorstore.shard.payload_path import parts_of

# By the test of a condition, the kinds of payload index that answer it.
_NUMBERS = frozenset({"integer", "float"})
_TEXTS = frozenset({"text"})
_GEO = frozenset({"geo"})
_KINDS: dict[type, frozenset[str]] = {
    str: frozenset({"keyword", "text", "uuid"}),
    bool: frozenset({"bool"}),
    int: frozenset({"integer"}),
}


class StrictMode:
    """Checks the requests of one collection. `indexed`: the kinds of its payload indexes, by the parts of
    their paths."""

    def __init__(
        self, config: models.StrictModeConfig | None, indexed: Callable[[], Mapping[tuple[str, ...], str]]
    ) -> None:
        self._config = config if config is not None and config.enabled else None
        self._indexed = indexed

    def check_read(self, request: Any) -> None:
        """Raises BadRequest."""
        if self._config is None:
            return
        searches = getattr(request, "searches", None)
        if searches is not None:
            self._check_at_most("search batch size", len(searches), self._config.search_max_batchsize)
        for part in _parts(request if searches is None else searches):
            self._check_at_most("limit", _limit_of(part), self._config.max_query_limit)
            self._check_oversampling(getattr(part, "params", None))
            if self._config.unindexed_filtering_retrieve is False:
                self._check_filter(_filter_of(part))

    def check_write(self, request: Any) -> None:
        """Raises BadRequest."""
        if self._config is None:
            return
        if isinstance(request, models.CreateFieldIndex):
            more = int(parts_of(request.field_name) not in self._indexed())
            limit = self._config.max_payload_index_count
            self._check_at_most("payload indexes", len(self._indexed()) + more, limit)
        for part in _updates(request):
            self._check_at_most("upsert size", _points_of(part), self._config.upsert_max_batchsize)
            if self._config.unindexed_filtering_update is False:
                self._check_filter(getattr(part, "filter", None))
                self._check_filter(getattr(part, "update_filter", None))

    def _check_at_most(self, what: str, asked: float | None, limit: float | None) -> None:
        if limit is not None and asked is not None and asked > limit:
            raise BadRequest(
                f'Bad request: Limit exceeded {asked} > {limit} for "{what}".'
                f' Help: Reduce the "{what}" parameter to or below {limit}.'
            )

    def _check_oversampling(self, params: models.SearchParams | None) -> None:
        limit = self._config.search_max_oversampling if self._config else None
        if params is not None and params.quantization is not None:
            self._check_at_most("oversampling", params.quantization.oversampling, limit)

    def _check_filter(self, condition: models.Filter | None) -> None:
        if condition is None:
            return
        indexed = self._indexed()
        for path, kinds in _asked_in(condition):
            found = indexed.get(parts_of(path))
            if found is None or (kinds and found not in kinds):
                wanted = ", ".join(sorted(kinds)) or "any"
                raise BadRequest(
                    f'Bad request: Index required but not found for "{path}" of one of the following types:'
                    f" [{wanted}]. Help: Create an index for this key or use a different filter."
                )


def _parts(request: Any) -> Iterator[Any]:
    """The request, or each of several, with all that it prefetches."""
    for part in request if isinstance(request, list) else [request]:
        yield part
        prefetch = getattr(part, "prefetch", None)
        if prefetch is not None:
            yield from _parts(prefetch if isinstance(prefetch, list) else [prefetch])


def _limit_of(part: Any) -> int | None:
    limit: int | None = getattr(part, "limit", None)
    return limit * (getattr(part, "group_size", None) or 1) if limit is not None else None


def _filter_of(part: Any) -> models.Filter | None:
    found = getattr(part, "filter", None)
    return found if isinstance(found, models.Filter) else None


def _updates(request: Any) -> Iterator[Any]:
    if not isinstance(request, models.UpdateOperations):
        yield request
        return
    for operation in request.operations:
        yield from (getattr(operation, field) for field in type(operation).model_fields)


def _points_of(part: Any) -> int | None:
    if isinstance(part, models.PointsList):
        return len(part.points)
    return len(part.batch.ids) if isinstance(part, models.PointsBatch) else None


def _asked_in(condition: Any, prefix: str = "") -> Iterator[tuple[str, frozenset[str]]]:
    """The paths that a filter looks at, each with the kinds of index that serve; none: any kind does."""
    match condition:
        case models.Filter():
            several = [condition.must, condition.should, condition.must_not]
            if condition.min_should is not None:
                several.append(condition.min_should.conditions)
            for group in several:
                for part in group if isinstance(group, list) else [group]:
                    yield from _asked_in(part, prefix)
        case models.FieldCondition():
            yield prefix + condition.key, _kinds_for(condition)
        case models.IsEmptyCondition():
            yield prefix + condition.is_empty.key, frozenset()
        case models.IsNullCondition():
            yield prefix + condition.is_null.key, frozenset()
        case models.NestedCondition():
            key = condition.nested.key.removesuffix("[]")
            yield from _asked_in(condition.nested.filter, f"{prefix}{key}[].")


def _kinds_for(condition: models.FieldCondition) -> frozenset[str]:
    if condition.match is not None:
        return _kinds_for_match(condition.match)
    if isinstance(condition.range, models.DatetimeRange):
        return frozenset({"datetime"})
    if condition.range is not None:
        return _NUMBERS
    geo = (condition.geo_bounding_box, condition.geo_radius, condition.geo_polygon)
    return _GEO if any(one is not None for one in geo) else frozenset()


def _kinds_for_match(match: Any) -> frozenset[str]:
    if isinstance(match, models.MatchValue):
        return _KINDS[type(match.value)]
    values = match.any if isinstance(match, models.MatchAny) else getattr(match, "except_", None)
    if values is None:
        return _TEXTS
    return _KINDS[type(next(iter(values), ""))]
