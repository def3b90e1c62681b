"""A search that is understood, and the page that it leads to."""

from dataclasses import dataclass, field
from functools import cached_property

from catalog.filters import Filter
from catalog.points import Payload, keywords_of
from catalog.wanted import Ranked, Wanted
from service.answers import Facets
from service.schemas import Listing


@dataclass(frozen=True)
class Plan:
    """A search that is understood. `wanted`: None to browse. `tiers`: disjoint parts of `conditions`, each
    searched only when those before it do not fill the page. `fingerprint`: of what a cursor is bound to.
    `typed`: the words of a query of texts alone."""

    wanted: Wanted | None
    conditions: Filter
    tiers: tuple[Filter, ...]
    listing: Listing
    fingerprint: bytes
    min_score: float | None = None
    confident_only: bool = False
    typed: str | None = None

    @property
    def has_cutoff(self) -> bool:
        """Whether hits may be found and be too bad to show."""
        return self.min_score is not None or self.confident_only

    @property
    def is_cut(self) -> bool:
        """Whether fewer items are answered than pass the filter."""
        return self.wanted is not None and (self.has_cutoff or self.wanted.seen is None)


@dataclass(frozen=True)
class Shown:
    """An item of the page: its payload, and how it was ranked; None in browsing."""

    payload: Payload
    ranked: Ranked | None = None
    duplicates: list[str] = field(default_factory=list)

    @cached_property
    def keywords(self) -> str:
        """The text for keyword search."""
        return keywords_of(self.payload)


@dataclass(frozen=True)
class Laid:
    """A page. `total_is_exact`: else there are at least as many."""

    shown: list[Shown]
    next_cursor: str | None
    confident: bool | None = None
    total: int = 0
    total_is_exact: bool = True
    facets: Facets = field(default_factory=dict)
