"""Parts of the search page by themselves: the price scale, colours of names, prices as they are written."""

import pytest
from werkzeug.datastructures import MultiDict

from service.answers import Facets, FacetValue, PriceBucket, PriceFacet
from service.page.address import Address, PageParameters
from service.page.colours import painted
from service.page.filters import filters_of
from service.page.money import short, written
from service.page.prices import HEIGHT, PriceScale, price_scale


def scale_of(
    *counts: tuple[float, float, int], low: float | None = None, high: float | None = None
) -> PriceScale:
    histogram = [PriceBucket(gte=gte, lt=lt, count=count) for gte, lt, count in counts]
    facet = PriceFacet(min=histogram[0].gte, max=histogram[-1].lt - 0.01, histogram=histogram)
    scale = price_scale(facet, low, high, "EUR")
    assert scale is not None
    return scale


def test_empty_bands_have_a_place_on_the_scale_but_no_bar() -> None:
    scale = scale_of((20, 22.4, 4), (28, 31.5, 1))
    assert scale.edges == [20, 22.4, 25, 28, 31.5]
    assert [(bar.count, bar.height) for bar in scale.bars] == [(4, HEIGHT), (0, 0), (0, 0), (1, HEIGHT / 4)]
    assert scale.labels == ["€20", "€22.40", "€25", "€28", "€31.50"]


def test_what_is_free_stands_next_to_the_first_price() -> None:
    assert scale_of((0, 0.01, 1), (20, 22.4, 4)).edges == [0, 20, 22.4]


def test_the_ends_of_the_scale_are_written_as_one_types_them() -> None:
    assert scale_of((22.4, 25, 4), (9e8, 1e9, 1)).ends == ("22.4", "1000000000")


@pytest.mark.parametrize(
    ("low", "high", "handles"),
    [(None, None, (0, 4)), (22.4, 28, (1, 3)), (23, 27, (1, 3)), (1, 900, (0, 4)),
     (500, 600, (3, 4)), (1, 2, (0, 1))],
)  # fmt: skip
def test_the_handles_stand_where_the_bounds_are(
    low: float | None, high: float | None, handles: tuple[int, int]
) -> None:
    scale = scale_of((20, 22.4, 4), (28, 31.5, 1), low=low, high=high)
    assert (scale.low, scale.high) == handles


def test_without_a_choice_there_is_no_scale() -> None:
    assert price_scale(PriceFacet(min=None, max=None, histogram=[]), None, None, None) is None
    one = PriceFacet(min=20, max=20, histogram=[PriceBucket(gte=20, lt=22.4, count=7)])
    assert price_scale(one, None, None, None) is None


@pytest.mark.parametrize(
    ("name", "colours"),
    [("navy", 1), ("Dusty light-blue", 1), ("navy/white", 2), ("Black and white", 2), ("multi", 0), ("", 0),
     ("papaya whip", 1), ("red, blue, green, black, white", 4)],
)  # fmt: skip
def test_names_of_colours_are_painted(name: str, colours: int) -> None:
    assert len(painted(name)) == colours


def test_the_longest_name_wins_and_then_the_first() -> None:
    assert painted("soft light blue") == painted("light blue") != painted("blue")
    assert painted("Navy Blue") == painted("navy") and painted("turquoise blue") == painted("turquoise")
    assert painted("grey melange") == painted("grey")


def test_many_values_are_behind_a_more_but_what_is_chosen_is_not() -> None:
    address = Address("/", MultiDict([("colour", "c5")]))
    counts = [FacetValue(value=f"c{n}", count=100 - n) for n in range(30)]
    counts[5] = FacetValue(value="c5", count=1)
    facets: Facets = {"colour": counts, "price": PriceFacet(min=None, max=None, histogram=[])}
    for name in ("category", "brand", "gender", "in_stock"):
        facets[name] = []
    colours = filters_of(facets, PageParameters(), address, None).choices["colour"]
    assert len(colours.first) == 20 and len(colours.rest) == 10
    assert "c5" in {choice.value for choice in colours.first}


def test_prices_are_written_as_a_person_reads_them() -> None:
    assert written(49.9, "EUR") == "€49.90" and short(50, "EUR") == "€50" and short(22.4, "EUR") == "€22.40"
    assert written(1200, "JPY") == "¥1,200" and written(49.9, "CHF") == "CHF\N{NO-BREAK SPACE}49.90"
    assert written(49.9, None) == "49.90" and short(50, None) == "50"
