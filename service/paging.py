"""One page of a search: ranked, cut, laid out and counted, and the cursor for the page after it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from catalog.browse import Page
from catalog.encoder import Vectors
from catalog.filters import Filter
from catalog.index import ItemIndex
from catalog.near_duplicates import SAME_PICTURE
from catalog.points import ITEM_ID, UPDATED_AT, Payload
from catalog.search import Ranked, Wanted
from service.answers import Facets
from service.cursor import MAX_DEPTH, Cursor, start_of
from service.facets import facets_of_all, facets_of_found
from service.layout import diversified, folded
from service.schemas import Listing

# How many times the page's items are weighed against each other where they are to differ.
_POOL = 4


@dataclass(frozen=True)
class Plan:
    """A search that is understood. `wanted`: None to browse. `tiers`: disjoint parts of `conditions`, each
    searched only when those before it do not fill the page. `fingerprint`: of what a cursor is bound to."""

    wanted: Wanted | None
    conditions: Filter
    tiers: tuple[Filter, ...]
    listing: Listing
    fingerprint: bytes
    min_score: float | None = None

    @property
    def is_cut(self) -> bool:
        """Whether fewer items are answered than pass the filter."""
        return self.wanted is not None and (self.min_score is not None or self.wanted.seen is None)


@dataclass(frozen=True)
class Shown:
    """An item of the page: its payload, and how it was ranked; None in browsing."""

    payload: Payload
    ranked: Ranked | None = None
    duplicates: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Laid:
    """A page. `total_is_exact`: else there are at least as many."""

    shown: list[Shown]
    total: int
    total_is_exact: bool
    facets: Facets
    next_cursor: str | None


class Pager:
    """Lays out pages from one index."""

    def __init__(self, index: ItemIndex) -> None:
        self._index = index

    def page(self, plan: Plan) -> Laid:
        """Raises CursorInvalid, CursorExpired, FieldUnknown and what ItemIndex raises."""
        cursor = start_of(plan.listing.cursor, plan.fingerprint, self._index.version())
        if plan.wanted is None:
            return self._browsed(plan, cursor)
        if plan.is_cut:
            return self._cut(plan, plan.wanted, cursor)
        return self._open(plan, plan.wanted, cursor)

    def _browsed(self, plan: Plan, cursor: Cursor) -> Laid:
        limit = plan.listing.limit
        start = Page(cursor.updated_at, cursor.has_seen, len(cursor.seen)) if cursor.updated_at else None
        payloads = self._index.browse(plan.conditions, limit + 1, start)
        page = payloads[:limit]
        following = None
        if len(payloads) > limit:
            shown = [(str(payload[ITEM_ID]), str(payload[UPDATED_AT])) for payload in page]
            following = cursor.after_browsing(shown).to_text()
        total = self._index.count(plan.conditions)
        facets = facets_of_all(self._index, plan.listing.facets, plan.conditions)
        return Laid([Shown(payload) for payload in page], total, True, facets, following)

    def _open(self, plan: Plan, wanted: Wanted, cursor: Cursor) -> Laid:
        """Every item that passes the filter is found, however far down."""
        listing = plan.listing
        spare = _POOL * listing.limit if listing.diversity or listing.fold_duplicates else 0
        depth = len(cursor.seen) + listing.limit + 1 + spare
        while True:
            ranked = self._ranked(wanted, plan.tiers, depth)
            laid = self._laid(ranked, listing, cursor)
            if len(laid) > listing.limit or sum(map(len, ranked)) < depth or depth > MAX_DEPTH:
                break
            depth *= 2  # the duplicates that were folded left the page short
        total = self._index.count(plan.conditions)
        facets = facets_of_all(self._index, listing.facets, plan.conditions)
        return self._finished(laid, listing, cursor, Laid([], total, True, facets, None))

    def _cut(self, plan: Plan, wanted: Wanted, cursor: Cursor) -> Laid:
        """Only items above the cutoff, or with one of the words, are found; so all of them are looked at."""
        ranked = self._ranked(wanted, plan.tiers, MAX_DEPTH)
        kept = [_above(tier, plan.min_score) for tier in ranked]
        total = sum(map(len, kept))
        facets = facets_of_found(
            self._index, plan.listing.facets, plan.conditions, lambda wider: self._found(plan, wanted, wider)
        )
        laid = self._laid(kept, plan.listing, cursor)
        return self._finished(laid, plan.listing, cursor, Laid([], total, total < MAX_DEPTH, facets, None))

    def _found(self, plan: Plan, wanted: Wanted, conditions: Filter) -> list[Payload]:
        ranked = _above(self._index.rank(wanted, conditions, MAX_DEPTH)[:MAX_DEPTH], plan.min_score)
        return list(self._payloads(ranked).values())

    def _ranked(self, wanted: Wanted, tiers: tuple[Filter, ...], depth: int) -> list[list[Ranked]]:
        """The best `depth` items, by tier."""
        ranked: list[list[Ranked]] = []
        for tier in tiers:
            if depth > 0:
                ranked.append(self._index.rank(wanted, tier, depth)[:depth])
                depth -= len(ranked[-1])
        return ranked

    def _laid(
        self, tiers: list[list[Ranked]], listing: Listing, cursor: Cursor
    ) -> list[tuple[Ranked, list[str]]]:
        """What is left to show, with the ids folded into each: more than fits, if there is more."""
        ranked = [entry for tier in tiers for entry in tier]
        vectors = self._vectors(ranked) if listing.fold_duplicates or listing.diversity else {}
        kept = {entry.item_id: list[str]() for entry in ranked}
        if listing.fold_duplicates:
            kept = folded(ranked, vectors, SAME_PICTURE)
        unseen = [[e for e in tier if e.item_id in kept and not cursor.has_seen(e.item_id)] for tier in tiers]
        if listing.diversity:  # within a tier, so that no unlike item overtakes a better tier
            unseen = [diversified(tier, vectors, listing.diversity, listing.limit + 1) for tier in unseen]
        return [
            (entry, [name for name in kept[entry.item_id] if not cursor.has_seen(name)])
            for tier in unseen
            for entry in tier
        ]

    def _vectors(self, ranked: list[Ranked]) -> Mapping[str, Vectors]:
        return self._index.image_vectors([entry.point_id for entry in ranked])

    def _finished(
        self, laid: list[tuple[Ranked, list[str]]], listing: Listing, cursor: Cursor, page: Laid
    ) -> Laid:
        here = laid[: listing.limit]
        # What was folded was shown, too: else it would come again once a write changes which of them is best.
        names = [name for entry, duplicates in here for name in (entry.item_id, *duplicates)]
        following = None
        if len(laid) > listing.limit and len(cursor.seen) + len(names) < MAX_DEPTH:
            following = cursor.after(names).to_text()
        payloads = self._payloads([entry for entry, _ in here])
        shown = [
            Shown(payloads[entry.point_id], entry, duplicates)
            for entry, duplicates in here
            if entry.point_id in payloads  # else it was deleted since it was found
        ]
        return replace(page, shown=shown, next_cursor=following)

    def _payloads(self, ranked: list[Ranked]) -> dict[str, Payload]:
        known = {entry.point_id: entry.payload for entry in ranked if entry.payload is not None}
        missing = [entry.point_id for entry in ranked if entry.point_id not in known]
        return {**known, **(self._index.payloads(missing) if missing else {})}


def _above(ranked: list[Ranked], min_score: float | None) -> list[Ranked]:
    return ranked if min_score is None else [entry for entry in ranked if entry.score >= min_score]
