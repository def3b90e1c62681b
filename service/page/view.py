"""All that the page says of a search: its name, what it is made of, what it found, what to narrow it by."""

from collections import Counter
from dataclasses import dataclass

from service.answers import Found, SearchAnswer
from service.page.address import Address, PageParameters, Pair
from service.page.filters import Filters, filters_of
from service.page.query import Chip, chips_of
from service.schemas import SearchRequest
from service.searcher import Searcher


@dataclass(frozen=True)
class View:
    """`heading`: of the page. `tally`: how much there is. `is_nothing`: there is nothing of the kind.

    `carried`: parts of the address that no field of the page holds, so that the form has to carry them along.
    `following`: the next page's address. `is_end_of_fits`: only what is less like what was asked for is left.
    """

    heading: str
    tally: str
    chips: list[Chip]
    filters: Filters
    items: list[Found]
    following: str | None
    is_nothing: bool
    is_end_of_fits: bool
    carried: list[Pair]


def view_of(
    answer: SearchAnswer, wanted: SearchRequest, asked: PageParameters, address: Address, searcher: Searcher
) -> View:
    """Raises ItemNotFound and what ItemIndex raises."""
    currency = _currency(answer.items)
    chips = chips_of(asked, address, searcher.index, currency)
    following = address.after(answer.next_cursor) if answer.next_cursor else None
    is_cut = wanted.confident_only or wanted.min_score is not None
    filters = filters_of(answer.facets, asked, address, currency)
    return View(
        heading=_heading(chips, asked),
        tally=_tally(answer, asked, is_cut),
        chips=chips,
        filters=filters,
        items=answer.items,
        following=following,
        is_nothing=is_cut and asked.min_score is None and not answer.items,
        is_end_of_fits=is_cut and answer.next_cursor is None and bool(answer.items),
        carried=_carried(address, filters),
    )


def _carried(address: Address, filters: Filters) -> list[Pair]:
    return [pair for pair in address.beside_box if pair[0] not in filters.fields]


def _currency(items: list[Found]) -> str | None:
    """The one that most of the page's prices are in."""
    known = Counter(item.currency for item in items if item.price is not None and item.currency)
    return known.most_common(1)[0][0] if known else None


def _heading(chips: list[Chip], asked: PageParameters) -> str:
    words = ", ".join(asked.text)
    likes = [chip for chip in chips if chip.kind in ("picture", "like")]
    unlikes = [chip for chip in chips if chip.kind == "unlike"]
    if likes:
        names = " and ".join("your picture" if chip.kind == "picture" else chip.label for chip in likes[:2])
        more = " and more" if len(likes) > 2 else ""
        return f"Like {names}{more}" + (f" – {words}" if words else "")
    if unlikes and not words:
        return f"Nothing like {unlikes[0].label}"
    filters = [chip.label for chip in chips if chip.kind == "filter"]
    text = words or ", ".join(filters[:3]) or "New in"
    return text[0].upper() + text[1:]  # capitalize() would make small letters of a brand's own


def _tally(answer: SearchAnswer, asked: PageParameters, is_cut: bool) -> str:
    at_least = "" if answer.total_is == "exact" else "more than "
    total = f"{at_least}{answer.total:,} {'product' if answer.total == 1 else 'products'}"
    ranked = asked.text or asked.item_id or asked.picture or asked.unlike
    return total if is_cut or not ranked else f"{total}, the nearest first"
