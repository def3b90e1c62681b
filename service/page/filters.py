"""What a search can be narrowed by, with counts that follow it."""

from dataclasses import dataclass
from typing import Final, cast

from service.answers import Facets, FacetValue, PriceFacet
from service.page.address import Address, PageParameters
from service.page.colours import painted
from service.page.prices import PriceScale, price_scale

# By field: its title, and how many of its values there are at once; more are behind a "more" of their own.
_CHOICES: Final = {
    "category": ("Category", 14),
    "colour": ("Colour", 20),
    "brand": ("Brand", 14),
    "gender": ("For", 5),
}


@dataclass(frozen=True)
class Choice:
    """`colours`: what its swatch is painted with."""

    value: str
    count: int
    is_chosen: bool
    colours: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choices:
    """The values of one field: those to see at once, and the rest, both by name, so that none jumps about."""

    name: str
    title: str
    first: list[Choice]
    rest: list[Choice]


@dataclass(frozen=True)
class Filters:
    choices: dict[str, Choices]
    prices: PriceScale | None
    in_stock: bool
    in_stock_count: int | None
    chosen: int

    @property
    def fields(self) -> set[str]:
        """The parameters of the address that have a field here."""
        prices = ("price_gte", "price_lte") if self.prices else ()
        return {*self.choices, *prices, *(("in_stock",) if self.in_stock_count is not None else ())}

    def __bool__(self) -> bool:
        return bool(self.choices or self.prices or self.in_stock_count is not None)


def filters_of(facets: Facets, asked: PageParameters, address: Address, currency: str | None) -> Filters:
    choices = {name: _choices(name, facets, address) for name in _CHOICES}
    stock = {value.value: value.count for value in _values(facets, "in_stock")}
    prices = cast(PriceFacet, facets["price"])
    return Filters(
        choices={name: each for name, each in choices.items() if _is_a_choice(each)},
        prices=price_scale(prices, asked.price_gte, asked.price_lte, currency),
        in_stock=asked.in_stock is True,
        in_stock_count=_in_stock(stock, asked),
        chosen=sum(len(address.values(name)) for name in (*_CHOICES, "in_stock"))
        + (asked.price_gte is not None or asked.price_lte is not None),
    )


def _in_stock(stock: dict[str | bool, int], asked: PageParameters) -> int | None:
    """None where there is nothing to switch: all is in stock, nothing is known, or the rest was asked for."""
    can_switch = asked.in_stock or (asked.in_stock is None and False in stock)
    return stock.get(True, 0) if can_switch else None


def _choices(name: str, facets: Facets, address: Address) -> Choices:
    title, at_once = _CHOICES[name]
    chosen = address.values(name)
    counts = {str(value.value): value.count for value in _values(facets, name)}
    ranked = sorted(counts, key=lambda value: (value not in chosen, -counts[value]))
    # What was chosen can be given up again, even where this search has none of it.
    first = {*ranked[:at_once], *chosen}
    choices = [
        Choice(value, counts.get(value, 0), value in chosen, painted(value) if name == "colour" else ())
        for value in sorted({*counts, *chosen}, key=str.casefold)
    ]
    return Choices(
        name,
        title,
        [choice for choice in choices if choice.value in first],
        [choice for choice in choices if choice.value not in first],
    )


def _is_a_choice(choices: Choices) -> bool:
    return len(choices.first) > 1 or any(choice.is_chosen for choice in choices.first)


def _values(facets: Facets, name: str) -> list[FacetValue]:
    values = facets[name]
    return values if isinstance(values, list) else []
