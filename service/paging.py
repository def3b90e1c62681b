"""One page of a search: ranked, cut, laid out and counted, and the cursor for the page after it."""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace

from catalog.browse import Page
from catalog.encoder import Vectors
from catalog.filters import Filter
from catalog.index import ItemIndex
from catalog.near_duplicates import SAME_PICTURE
from catalog.points import ITEM_ID, UPDATED_AT, Payload
from catalog.wanted import Ranked, Wanted
from service.answers import Facets
from service.cursor import MAX_DEPTH, Cursor, start_of
from service.facets import facets_of_all, facets_of_found
from service.judging import Judge
from service.layout import diversified, folded
from service.plan import Laid, Plan, Shown
from service.schemas import Listing

# How many times the page's items are weighed against each other where they are to differ.
_POOL = 4
# How deep a search that is cut off looks, each time that it has not come to the end.
_DEPTHS = (128, 512, MAX_DEPTH)
# As many requests at once as gunicorn.conf.py gives a worker.
_COUNTING_THREADS = 8


class Pager:
    """Lays out pages from one index."""

    def __init__(self, index: ItemIndex, judge: Judge) -> None:
        self._index = index
        self._judge = judge
        self._aside = ThreadPoolExecutor(_COUNTING_THREADS, thread_name_prefix="count")

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
        start = Page(cursor.updated_at, cursor.has_seen, len(cursor.seen)) if cursor.updated_at else None
        counted = self._counted(plan)
        payloads = self._index.browse(plan.conditions, limit + 1, start)
        page = payloads[:limit]
        following = None
        total, facets = counted.result()
        if len(payloads) > limit:
            shown = [(str(payload[ITEM_ID]), str(payload[UPDATED_AT])) for payload in page]
            following = cursor.after_browsing(shown).to_text()
        return Laid([Shown(payload) for payload in page], following, total=total, facets=facets)

    def _open(self, plan: Plan, wanted: Wanted, cursor: Cursor) -> Laid:
        """Every item that passes the filter is found, however far down."""
        counted = self._counted(plan)
        listing = plan.listing
        spare = _POOL * listing.limit if listing.diversity or listing.fold_duplicates else 0
        depth = len(cursor.seen) + listing.limit + 1 + spare
        while True:
            ranked = self._ranked(wanted, plan.tiers, depth)
            laid = self._laid(ranked, listing, cursor)
            if len(laid) > listing.limit or len(ranked) < depth or depth > MAX_DEPTH:
                break
            depth *= 2  # the duplicates that were folded left the page short
        page = self._finished(laid, listing, cursor)
        total, facets = counted.result()
        return replace(page, total=total, facets=facets, confident=self._confident(plan, cursor, page))

    def _confident(self, plan: Plan, cursor: Cursor, page: Laid) -> bool | None:
        """Of the first page, which has the best hits; of the others nothing can be told."""
        found = [(shown.ranked, shown.payload) for shown in page.shown if shown.ranked is not None]
        mask = None if cursor.seen else self._judge.mask(found, plan.typed)
        return None if mask is None else bool(mask.any())

    def _counted(self, plan: Plan) -> "Future[tuple[int, Facets]]":
        """What passes the filter, counted while it is being ranked."""
        context = copy_context()  # holds the request's deadline
        return self._aside.submit(context.run, self._count, plan)

    def _count(self, plan: Plan) -> tuple[int, Facets]:
        total = self._index.count(plan.conditions)
        return total, facets_of_all(self._index, plan.listing.facets, plan.conditions)

    def _cut(self, plan: Plan, wanted: Wanted, cursor: Cursor) -> Laid:
        """Only items above a cutoff, or with one of the words, are found: so they have to be looked at."""
        kept, all_of_them = self._good(plan, wanted, plan.tiers)

        def found(conditions: Filter) -> list[Payload]:
            if conditions == plan.conditions:
                return list(self._payloads(kept).values())
            return list(self._payloads(self._good(plan, wanted, (conditions,))[0]).values())

        facets = facets_of_found(self._index, plan.listing.facets, plan.conditions, found)
        page = self._finished(self._laid(kept, plan.listing, cursor), plan.listing, cursor)
        confident = bool(kept) if plan.confident_only else self._confident(plan, cursor, page)
        return replace(page, total=len(kept), total_is_exact=all_of_them, facets=facets, confident=confident)

    def _good(self, plan: Plan, wanted: Wanted, tiers: tuple[Filter, ...]) -> tuple[list[Ranked], bool]:
        """Those of the best that are good enough, and whether there are no more: looked for deeper and deeper
        as long as there are some in the last half."""
        kept: list[Ranked] = []
        for depth in _DEPTHS:
            ranked = self._ranked(wanted, tiers, depth)
            kept = self._kept(plan, ranked)
            last = {entry.item_id for entry in ranked[depth // 2 :]}
            if len(ranked) < depth or last.isdisjoint(entry.item_id for entry in kept):
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
        mask = self._judge.mask([(entry, entry.payload or {}) for entry in kept], plan.typed)
        return [] if mask is None else [entry for entry, good in zip(kept, mask, strict=True) if good]

    def _ranked(self, wanted: Wanted, tiers: tuple[Filter, ...], depth: int) -> list[Ranked]:
        ranked: list[Ranked] = []
        for tier in tiers:
            if len(ranked) < depth:
                ranked += self._index.rank(wanted, tier, depth - len(ranked))
        return ranked[:depth]

    def _laid(self, ranked: list[Ranked], listing: Listing, cursor: Cursor) -> list[tuple[Ranked, list[str]]]:
        """What is left to show, with the ids folded into each: one more than fits, if there is one."""
        vectors = self._vectors(ranked) if listing.fold_duplicates or listing.diversity else {}
        kept = {entry.item_id: list[str]() for entry in ranked}
        if listing.fold_duplicates:
            kept = folded(ranked, vectors, SAME_PICTURE)
        unseen = [e for e in ranked if e.item_id in kept and not cursor.has_seen(e.item_id)]
        if listing.diversity:
            unseen = diversified(unseen, vectors, listing.diversity, listing.limit + 1)
        return [(entry, kept[entry.item_id]) for entry in unseen]

    def _vectors(self, ranked: list[Ranked]) -> Mapping[str, Vectors]:
        return self._index.image_vectors([entry.point_id for entry in ranked])

    def _finished(self, laid: list[tuple[Ranked, list[str]]], listing: Listing, cursor: Cursor) -> Laid:
        """The page without its counts."""
        here = laid[: listing.limit]
        following = None
        if len(laid) > listing.limit and len(cursor.seen) + len(here) < MAX_DEPTH:
            following = cursor.after([entry.item_id for entry, _ in here]).to_text()
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
