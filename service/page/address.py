"""The state of the search page, which stands in its address: the parameters of GET /v1/search and three more.

`unlike`: items to look away from. `picture`: what the model saw in a customer's picture. `nearest`: to see
all that there is by nearness, not only what fits.
"""

from collections.abc import Iterable
from typing import Annotated, Any, Final, Self
from urllib.parse import urlencode

from pydantic import Field, StringConstraints
from werkzeug.datastructures import MultiDict

from catalog.encoder import Vectors
from catalog.items import ItemId
from service.page.picture import picture_vector
from service.parameters import FilterParameters, SearchParameters
from service.schemas import QueryPart, SearchRequest
from service.searcher import Searcher

FACETS: Final = ("category", "colour", "brand", "gender", "in_stock", "price")

# "Less like this" bends a search without turning it round: at -1 what is left has little to do with the rest.
_AWAY: Final = -0.4
# Of mixed searches of the sample this leaves what a person would call alike: 10 to 52 of its 428 products.
_NEAR_ENOUGH: Final = 0.35
_MOST_ITEMS: Final = 8
# Of an address with all else that stands in its line; gunicorn takes 8190 bytes.
_MOST_CHARS: Final = 7_900
_OF_ONE_PAGE: Final = ("cursor", "facets")

Pair = tuple[str, str]


class PageParameters(SearchParameters):
    unlike: list[ItemId] = Field([], max_length=_MOST_ITEMS)
    picture: Annotated[str, StringConstraints(max_length=4_000)] | None = None
    nearest: bool = False

    def asks_for(self, searcher: Searcher) -> tuple[SearchRequest, list[Vectors]]:
        """Raises FieldsInvalid, PictureInvalid or PictureOfAnotherModel."""
        request = self.to_request()
        away = [QueryPart(item_id=item_id, weight=_AWAY) for item_id in self.unlike]
        cut = {} if self.nearest else self._cut(searcher.can_judge)
        asked = {"query": [*request.query, *away], "facets": list(FACETS), **cut}
        seen = [picture_vector(self.picture, searcher.encoder)] if self.picture else []
        return request.model_copy(update=asked), seen

    def _beside_filter(self) -> dict[str, Any]:
        own = PageParameters.model_fields.keys() - SearchParameters.model_fields.keys()
        return {name: value for name, value in super()._beside_filter().items() if name not in own}

    def _cut(self, can_judge: bool) -> dict[str, Any]:
        """What of a request leaves out what is merely near, so that the counts say how much there is.

        For words alone and for likes alone that is measured. Where they are mixed no cosine can be compared
        with another search's, but the scores within one can.
        """
        likes = bool(self.item_id or self.picture)
        if self.mode == "keyword" or self.min_score is not None:
            return {}
        if can_judge and bool(self.text) != likes and not self.unlike:
            return {"confident_only": True}
        is_mixed = bool(self.text) and (likes or bool(self.unlike)) and self.mode != "vector"
        return {"min_score": _NEAR_ENOUGH} if is_mixed else {}

    @classmethod
    def from_page(cls, arguments: "MultiDict[str, str]") -> Self:
        """Raises FieldsInvalid."""
        return cls.from_address(MultiDict(_known(arguments.items(multi=True))))


class Address:
    """One state of the page. What leads to another one answers that one's address."""

    def __init__(self, path: str, arguments: "MultiDict[str, str]") -> None:
        self._path = path
        self.pairs = [pair for pair in _known(arguments.items(multi=True)) if pair[0] not in _OF_ONE_PAGE]

    @property
    def here(self) -> str:
        return self._to(self.pairs)

    @property
    def start(self) -> str:
        return self._path

    @property
    def nearest(self) -> str:
        """All that there is by nearness, where this one shows only what fits."""
        return self._to([*self.pairs, ("nearest", "true")])

    @property
    def unfiltered(self) -> str:
        """The same search in all of the catalogue."""
        open_prefix, names = FilterParameters.open_prefix, FilterParameters.model_fields
        return self._to(
            (name, value)
            for name, value in self.pairs
            if name not in names and not name.startswith(open_prefix)
        )

    @property
    def is_of_pictures(self) -> bool:
        return any(name in ("item_id", "picture", "unlike") for name, _ in self.pairs)

    @property
    def beside_box(self) -> list[Pair]:
        """All but the words in the search box, which holds the first text."""
        words = [("text", text) for text in self.values("text")[1:]]
        return [*words, *self._less(("text", None))]

    def values(self, name: str) -> list[str]:
        return [value for name_, value in self.pairs if name_ == name]

    def more_like(self, item_id: str) -> str:
        return self._turned("item_id", "unlike", item_id)

    def less_like(self, item_id: str) -> str:
        return self._turned("unlike", "item_id", item_id)

    def of_picture(self, text: str) -> str:
        """The same search with this picture in it, in the place of one that was there."""
        return self._to([*self._less(("picture", None), ("nearest", None)), ("picture", text)])

    def without(self, *names: str) -> str:
        return self._to(self._less(*((name, None) for name in names)))

    def without_value(self, name: str, value: str) -> str:
        return self._to(self._less((name, value)))

    def after(self, cursor: str) -> str | None:
        """The page after this one; None where it lies so deep that its address would be too long."""
        address = self._to([*self.pairs, ("cursor", cursor)])
        return address if len(address) <= _MOST_CHARS else None

    def _turned(self, towards: str, away: str, item_id: str) -> str:
        """The last few items are kept, so that one can always go on."""
        rest = self._less((towards, item_id), (away, item_id), ("nearest", None))
        places = [n for n, pair in enumerate(rest) if pair[0] == towards]
        surplus = places[: max(0, len(places) + 1 - _MOST_ITEMS)]
        kept = [pair for n, pair in enumerate(rest) if n not in surplus]
        return self._to([*kept, (towards, item_id)])

    def _less(self, *dropped: tuple[str, str | None]) -> list[Pair]:
        """The pairs but for those of these names with these values, None for any."""
        return [pair for pair in self.pairs if pair not in dropped and (pair[0], None) not in dropped]

    def _to(self, pairs: Iterable[Pair]) -> str:
        written = urlencode(list(pairs))
        return f"{self._path}?{written}" if written else self._path


def _known(pairs: Iterable[Pair]) -> list[Pair]:
    """Less what means nothing here: an empty box of the form, and what others add to a shared address."""
    names = PageParameters.model_fields.keys()
    return [
        (name, value)
        for name, value in pairs
        if value.strip() and (name in names or name.startswith(PageParameters.open_prefix))
    ]
