"""Counts of the found items by field. A facet leaves out the filter's condition on its own field, so that a
customer who ticked one colour sees how many items the other colours would bring."""

from collections import Counter
from collections.abc import Callable, Sequence

from catalog.attributes import TERMS
from catalog.counts import Bucket, Prices
from catalog.filters import Filter, attribute_name
from catalog.index import ItemIndex
from catalog.points import PRICE, PRICE_BAND, Payload
from catalog.price_bands import bounds_of
from service.answers import Facets, FacetValue, PriceBucket, PriceFacet

MAX_VALUES = 100


def facets_of_all(index: ItemIndex, fields: Sequence[str], conditions: Filter) -> Facets:
    """Of every item that passes the conditions. Raises FieldUnknown."""
    facets: Facets = {}
    for field in fields:
        others = _without(conditions, field)
        if field == PRICE:
            facets[field] = _prices(index.prices(others))
        else:
            facets[field] = _values(index.facet(field, others, MAX_VALUES))
    return facets


def facets_of_found(
    index: ItemIndex, fields: Sequence[str], conditions: Filter, found: Callable[[Filter], list[Payload]]
) -> Facets:
    """Of the items that `found` answers for a filter, where a search does not answer all that pass it.

    Raises FieldUnknown.
    """
    facets: Facets = {}
    whole = found(conditions) if any(field not in conditions for field in fields) else []
    for field in fields:
        index.require_facet(field)
        payloads = found(_without(conditions, field)) if field in conditions else whole
        if field == PRICE:
            facets[field] = _prices(_prices_of(payloads))
        else:
            facets[field] = _values(_counted(payloads, field))
    return facets


def _without(conditions: Filter, field: str) -> Filter:
    return {name: condition for name, condition in conditions.items() if name != field}


def _counted(payloads: list[Payload], field: str) -> list[tuple[str | bool, int]]:
    name = attribute_name(field)
    if name is None:
        counter = Counter(payload[field] for payload in payloads if payload.get(field) is not None)
    else:
        counter = Counter(value for payload in payloads for value in payload.get(TERMS, {}).get(name, ()))
    return sorted(counter.items(), key=lambda pair: (-pair[1], str(pair[0])))[:MAX_VALUES]


def _prices_of(payloads: list[Payload]) -> Prices:
    prices = [float(payload[PRICE]) for payload in payloads if payload.get(PRICE) is not None]
    bands = Counter(int(payload[PRICE_BAND]) for payload in payloads if PRICE_BAND in payload)
    buckets = tuple(Bucket(*bounds_of(band), count) for band, count in sorted(bands.items()))
    return Prices(min(prices, default=None), max(prices, default=None), buckets)


def _values(counted: Sequence[tuple[str | bool, int]]) -> list[FacetValue]:
    return [FacetValue(value=value, count=count) for value, count in counted]


def _prices(prices: Prices) -> PriceFacet:
    histogram = [PriceBucket(gte=bucket.gte, lt=bucket.lt, count=bucket.count) for bucket in prices.buckets]
    return PriceFacet(min=prices.least, max=prices.highest, histogram=histogram)
