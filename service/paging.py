"""One page of a search: ranked, cut, laid out and counted, and the cursor for the page after it."""

from collections.abc import Mapping
from dataclasses import replace

from catalog.browse import Page
from catalog.encoder import Vectors
from catalog.filters import Filter
from catalog.index import ItemIndex
from catalog.near_duplicates import SAME_PICTURE
from catalog.points import ITEM_ID, UPDATED_AT, Payload
from catalog.wanted import Ranked, Wanted
from service.counting import Counter
from service.cursor import MAX_DEPTH, Cursor, start_of
from service.facets import facets_of_found
from service.judging import Judge
from service.layout import diversified, folded
from service.plan import Laid, Plan, Shown
from service.schemas import Listing

# How many times the page's items are weighed against each other where they are to differ.
_POOL = 4
# How deep a search that is cut off looks, each time that it has not come to the end.
_DEPTHS = (128, 512, MAX_DEPTH)

# The best items of each part of a plan's conditions.
Tiers = list[list[Ranked]]


class Pager:
    """Lays out pages from one index."""

    def __init__(self, index: ItemIndex, judge: Judge) -> None:
        self._index = index
        self._judge = judge
        self._counter = Counter(index)

    def page(self, plan: Plan) -> Laid:
        """Raises CursorInvalid, CursorExpired, ConfidenceUnknown, FieldUnknown and what ItemIndex raises."""
        cursor = start_of(plan.listing.cursor, plan.fingerprint, self._index.version())
        if plan.wanted is None:
            return self._browsed(plan, cursor)
        if plan.is_cut:
            return self._cut(plan, plan.wanted, cursor)
        return self._open(plan, plan.wanted, cursor)

    def _browsed(self, plan: Plan, cursor: Cursor) -> Laid:
        limit = plan.listing.limit
        counting = self._counter.begin(plan.conditions, plan.listing.facets)
        start = Page(cursor.updated_at, cursor.has_seen, len(cursor.seen)) if cursor.updated_at else None
        payloads = self._index.browse(plan.conditions, limit + 1, start)
        page = payloads[:limit]
        following = None
        if len(payloads) > limit:
            shown = [(str(payload[ITEM_ID]), str(payload[UPDATED_AT])) for payload in page]
            following = cursor.after_browsing(shown).to_text()
        counts = counting.result()
        return Laid([Shown(payload) for payload in page], following, total=counts.total, facets=counts.facets)

    def _open(self, plan: Plan, wanted: Wanted, cursor: Cursor) -> Laid:
        """Every item that passes the filter is found, however far down."""
        listing = plan.listing
        counting = self._counter.begin(plan.conditions, listing.facets)
        spare = _POOL * listing.limit if listing.diversity or listing.fold_duplicates else 0
        depth = len(cursor.seen) + listing.limit + 1 + spare
        while True:
            tiers = self._ranked(wanted, plan.tiers, depth)
            laid = self._laid(tiers, listing, cursor)
            if len(laid) > listing.limit or sum(map(len, tiers)) < depth or depth > MAX_DEPTH:
                break
            depth *= 2  # the duplicates that were folded left the page short
        page = self._finished(laid, listing, cursor)
        confident = self._confident(plan, cursor, page)
        counts = counting.result()
        return replace(page, total=counts.total, facets=counts.facets, confident=confident)

    def _cut(self, plan: Plan, wanted: Wanted, cursor: Cursor) -> Laid:
        """Only items above a cutoff, or with one of the words, are found: so they have to be looked at."""
        tiers, all_of_them = self._good(plan, wanted, plan.tiers)
        kept = [entry for tier in tiers for entry in tier]

        def found(conditions: Filter) -> list[Payload]:
            is_own = conditions == plan.conditions
            good = kept if is_own else self._good(plan, wanted, (conditions,))[0][0]
            return list(self._payloads(good).values())

        facets = facets_of_found(self._index, plan.listing.facets, plan.conditions, found)
        page = self._finished(self._laid(tiers, plan.listing, cursor), plan.listing, cursor)
        confident = bool(kept) if plan.confident_only else self._confident(plan, cursor, page)
        return replace(page, total=len(kept), total_is_exact=all_of_them, facets=facets, confident=confident)

    def _good(self, plan: Plan, wanted: Wanted, tiers: tuple[Filter, ...]) -> tuple[Tiers, bool]:
        """Those of the best that are good enough, and whether there are no more: looked for deeper and deeper
        as long as there are some in the last half."""
        kept: Tiers = []
        for depth in _DEPTHS if plan.has_cutoff else (MAX_DEPTH,):
            ranked = self._ranked(wanted, tiers, depth)
            kept = [self._kept(plan, tier) for tier in ranked]
            last = {entry.item_id for entry in ranked[-1][depth // 2 :]}
            is_last_half_bad = last.isdisjoint(entry.item_id for entry in kept[-1])
            if sum(map(len, ranked)) < depth or (last and is_last_half_bad):
                return kept, True
        return kept, False

    def _kept(self, plan: Plan, ranked: list[Ranked]) -> list[Ranked]:
        kept = [entry for entry in ranked if plan.min_score is None or entry.score >= plan.min_score]
        if not plan.confident_only:
            return kept
        self._judge.require()
        payloads = self._payloads(kept)
        kept = [
            replace(entry, payload=payloads[entry.point_id]) for entry in kept if entry.point_id in payloads
        ]
        mask = self._judge.mask([Shown(entry.payload or {}, entry) for entry in kept], plan.typed)
        return [] if mask is None else [entry for entry, good in zip(kept, mask, strict=True) if good]

    def _confident(self, plan: Plan, cursor: Cursor, page: Laid) -> bool | None:
        """Of the first page, which has the best hits; of the others nothing can be told."""
        return None if cursor.seen else self._judge.any(page.shown, plan.typed)

    def _ranked(self, wanted: Wanted, tiers: tuple[Filter, ...], depth: int) -> Tiers:
        """The best `depth` items, by tier."""
        ranked: Tiers = []
        for tier in tiers:
            if depth > 0:
                ranked.append(self._index.rank(wanted, tier, depth)[:depth])
                depth -= len(ranked[-1])
        return ranked

    def _laid(self, tiers: Tiers, listing: Listing, cursor: Cursor) -> list[tuple[Ranked, list[str]]]:
        """What is left to show, with the ids folded into each: more than fits, if there is more."""
        ranked = [entry for tier in tiers for entry in tier]
        vectors = self._vectors(ranked) if listing.fold_duplicates or listing.diversity else {}
        kept = {entry.item_id: list[str]() for entry in ranked}
        if listing.fold_duplicates:
            kept = folded(ranked, vectors, self._hashes(ranked), SAME_PICTURE)
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

    def _hashes(self, ranked: list[Ranked]) -> Mapping[str, tuple[str, ...]]:
        return self._index.image_hashes([entry.point_id for entry in ranked])

    def _finished(self, laid: list[tuple[Ranked, list[str]]], listing: Listing, cursor: Cursor) -> Laid:
        """The page without its counts."""
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
        return Laid(shown, following)

    def _payloads(self, ranked: list[Ranked]) -> dict[str, Payload]:
        known = {entry.point_id: entry.payload for entry in ranked if entry.payload is not None}
        missing = [entry.point_id for entry in ranked if entry.point_id not in known]
        return {**known, **(self._index.payloads(missing) if missing else {})}
