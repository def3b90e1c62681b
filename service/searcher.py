"""From a validated request to an answer: what is meant, what is found, and why."""

from collections.abc import Callable, Sequence

import orjson
from flask import Flask, current_app, g

from catalog.confidence import Cutoffs
from catalog.encoder import Encoder, Vectors
from catalog.filters import AnyOf, Filter
from catalog.images import ImageLimits
from catalog.index import ItemIndex
from catalog.points import ITEM_ID
from catalog.wanted import Likes, Wanted
from catalog.words import words_found, words_of
from service.answers import Found, SearchAnswer, Why
from service.cursor import fingerprint
from service.judging import Judge
from service.mixing import Mixer
from service.paging import Pager
from service.plan import Plan, Shown
from service.products import found, thumbnails_address
from service.schemas import Listing, RecommendRequest, SearchRequest
from service.stages import Stages

# What may change from page to page, or says nothing about which items come in which order.
_FREE = {"cursor", "limit", "facets"}


class Searcher:
    """Answers searches with one encoder over one index."""

    def __init__(
        self, encoder: Encoder, index: ItemIndex, limits: ImageLimits, cutoffs: Cutoffs | None = None
    ) -> None:
        self.encoder = encoder
        self.index = index
        self.texts_before = encoder.text_cache
        """What the encoder remembered before the first request: service/metrics.py counts from there on."""
        self._mixer = Mixer(encoder, index, limits)
        self._pager = Pager(index, Judge(encoder.name, cutoffs))
        self.can_judge = cutoffs is not None
        """Whether answers can be cut to what is confident."""

    def answer(
        self, request: SearchRequest, stages: Stages | None = None, seen: Sequence[Vectors] = ()
    ) -> SearchAnswer:
        """`seen`: unit vectors of pictures that were embedded before, beside what the request asks for.

        Raises FieldFailed, FieldUnknown, QueryCancelsOut, CursorInvalid, CursorExpired, ItemNotFound and
        what Encoder and ItemIndex raise.
        """
        stages = stages or _stages()
        wanted = self._mixer.wanted(request, seen, stages) if request.query or seen else None
        named = [part.item_id for part in request.query if part.item_id is not None]
        conditions = _less([] if request.include_query_items else named, request.filter.to_catalog())
        return self._answer(_plan(wanted, conditions, (conditions,), request, seen=seen), stages)

    def embedded(self, picture: bytes) -> Vectors:
        """An uploaded picture as a unit vector, float32 `(dimension,)`. Raises FieldFailed."""
        return self._mixer.embedded(picture, _stages())

    def similar(self, item_id: str, request: SearchRequest) -> SearchAnswer:
        """What looks like the item: first of its own category, then of any, unless the filter names one.

        Raises ItemNotFound, and as `answer`.
        """
        stages = _stages()
        with stages.timed("search"):
            payload, vector = self.index.item(item_id)
        category = str(payload["category"])
        conditions = _less([item_id], request.filter.to_catalog())
        tiers: tuple[Filter, ...] = (conditions,)
        if "category" not in conditions:
            own = AnyOf((category,))
            others = AnyOf((category,), negated=True)
            tiers = ({**conditions, "category": own}, {**conditions, "category": others})
        return self._answer(_plan(Wanted(vector), conditions, tiers, request, item_id), stages)

    def recommend(self, request: RecommendRequest) -> SearchAnswer:
        """Raises ItemNotFound, CursorInvalid, CursorExpired, FieldUnknown and what ItemIndex raises."""
        stages = _stages()
        with stages.timed("search"):
            points = self.index.primary_points([*request.liked, *request.disliked])
        liked = len(request.liked)
        wanted = Wanted(Likes(tuple(points[:liked]), tuple(points[liked:])))
        conditions = _less([*request.liked, *request.disliked], request.filter.to_catalog())
        return self._answer(Plan(wanted, conditions, (conditions,), request, _bound_to(request)), stages)

    def warm(self, requests: Sequence[SearchRequest], stages: Stages) -> None:
        """Embed the texts of several searches at once, which the encoder then remembers."""
        texts = [part.text for request in requests for part in request.query if part.text is not None]
        if texts:
            with stages.timed("encode"):
                self.encoder.encode_texts(texts)

    def _answer(self, plan: Plan, stages: Stages) -> SearchAnswer:
        with stages.timed("search"):
            laid = self._pager.page(plan)
            version = self.index.version()
        words = words_of(plan.wanted.text) if plan.wanted is not None else []
        thumbnails = thumbnails_address()
        return SearchAnswer(
            items=[_found(shown, words, thumbnails) for shown in laid.shown],
            total=laid.total,
            total_is="exact" if laid.total_is_exact else "at_least",
            facets=laid.facets,
            confident=laid.confident,
            next_cursor=laid.next_cursor,
            model=self.encoder.name,
            index_version=version,
            took_ms=stages.took(),
            request_id=g.request_id,
        )


def _stages() -> Stages:
    stages = g.stages = Stages(g.started)  # service/metrics.py reads them, of a failed search too
    return stages


def _plan(
    wanted: Wanted | None,
    conditions: Filter,
    tiers: tuple[Filter, ...],
    request: SearchRequest,
    item_id: str = "",
    seen: Sequence[Vectors] = (),
) -> Plan:
    is_typed = bool(request.query) and not seen and all(part.text is not None for part in request.query)
    return Plan(
        wanted,
        conditions,
        tiers,
        request,
        _bound_to(request, item_id, seen),
        request.min_score,
        request.confident_only,
        wanted.text if wanted is not None and is_typed else None,
    )


def _found(shown: Shown, words: list[str], thumbnails: str) -> Found:
    if shown.ranked is None:
        return found(shown.payload, None, None, [], thumbnails)
    why = Why(shown.ranked.cosine, words_found(words, shown.keywords))
    return found(shown.payload, shown.ranked.score, why, shown.duplicates, thumbnails)


def _less(item_ids: Sequence[str], conditions: Filter) -> Filter:
    """The conditions, and that an item is none of these."""
    asked = conditions.get(ITEM_ID)
    if not item_ids:
        return conditions
    if isinstance(asked, AnyOf) and not asked.negated:
        left = tuple(value for value in asked.values if value not in item_ids)
        return {**conditions, ITEM_ID: AnyOf(left)}
    others = asked.values if isinstance(asked, AnyOf) else ()
    return {**conditions, ITEM_ID: AnyOf((*item_ids, *others), negated=True)}


def _bound_to(request: Listing, item_id: str = "", seen: Sequence[Vectors] = ()) -> bytes:
    """What a cursor of this search must have in common with it."""
    fields = request.model_dump(exclude=_FREE)
    pictures = [part.pop("image") for part in fields.get("query", [])]
    canonical = orjson.dumps([type(request).__name__, item_id, fields], option=orjson.OPT_SORT_KEYS)
    vectors = (vector.tobytes() for vector in seen)
    return fingerprint(b"".join([canonical, *(picture or b"-" for picture in pictures), *vectors]))


def install(app: Flask, choose: Callable[[], Searcher], last: Callable[[], Searcher]) -> None:
    """`choose`: what answers a request that begins now. `last`: what was chosen last, without a look."""
    app.extensions["choose_searcher"] = choose
    app.extensions["last_searcher"] = last


def last_searcher() -> Searcher:
    """What this process has loaded, for whoever must know it though the store does not answer."""
    searcher: Searcher = current_app.extensions["last_searcher"]()
    return searcher


def current_searcher() -> Searcher:
    """What answers this request: the same until its end, though the index may change its model meanwhile."""
    if "searcher" not in g:
        g.searcher = current_app.extensions["choose_searcher"]()
    searcher: Searcher = g.searcher
    return searcher
