"""The scale of the price slider: a step for each band of the histogram above it, so that both line up."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from catalog.price_bands import band_of, bounds_of
from service.answers import PriceBucket, PriceFacet
from service.page.money import short

# Of the drawing in which the bars stand; the page stretches it to its own size.
HEIGHT: Final = 40


@dataclass(frozen=True)
class Bar:
    """`height` of HEIGHT, at least 2 where there is anything."""

    label: str
    count: int
    height: float


@dataclass(frozen=True)
class PriceScale:
    """`edges`: where the bars begin, and where the last one ends. `low`, `high`: the steps of the handles."""

    edges: list[float]
    labels: list[str]
    bars: list[Bar]
    low: int
    high: int

    @property
    def ends(self) -> tuple[str, str]:
        """The lowest and the highest edge as a person types them, without an exponent."""
        return f"{self.edges[0]:.12g}", f"{self.edges[-1]:.12g}"


def price_scale(
    facet: PriceFacet, at_least: float | None, at_most: float | None, currency: str | None
) -> PriceScale | None:
    """None where there is nothing to choose: no price, or one for all."""
    buckets = {bucket.gte: bucket for bucket in facet.histogram}
    edges = _edges(list(buckets.values()))
    if facet.min == facet.max or len(edges) < 2:
        return None
    labels = [short(edge, currency) for edge in edges]
    counts = [buckets[edge].count if edge in buckets else 0 for edge in edges[:-1]]
    bars = [
        Bar(f"{low} to {high}", count, max(2.0, HEIGHT * count / max(counts)) if count else 0)
        for (low, high), count in zip(pairwise(labels), counts, strict=True)
    ]
    last = len(edges) - 1
    low = (
        0
        if at_least is None
        else max((n for n, edge in enumerate(edges[:-1]) if edge <= at_least), default=0)
    )
    high = (
        last if at_most is None else min((n for n, edge in enumerate(edges) if edge >= at_most), default=last)
    )
    return PriceScale(edges, labels, bars, low, max(high, low + 1))


def _edges(buckets: list[PriceBucket]) -> list[float]:
    """Band beside band, the empty ones too; but what is free stands next to the first price above it."""
    if not buckets:
        return []
    free, paid = (
        [bucket for bucket in buckets if not bucket.gte],
        [bucket for bucket in buckets if bucket.gte],
    )
    lowest = [0.0] if free else []
    if not paid:
        return [*lowest, free[0].lt]
    bands = range(band_of(paid[0].gte), band_of(paid[-1].gte) + 1)
    return [*lowest, *(bounds_of(band)[0] for band in bands), paid[-1].lt]
