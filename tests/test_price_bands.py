"""Bands of prices: every price is in exactly one, whose bounds say so."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from catalog.price_bands import band_of, bounds_of

PRICES = st.floats(min_value=0, max_value=1e9)
CENTS = st.integers(0, 10**11).map(lambda cents: cents / 100)
LOWEST = band_of(0)


@given(PRICES | CENTS)
@example(0.0)
@example(0.01)
@example(0.0099999)
@example(2.24)
@example(9.999999999999998)
@example(1000.0)
@example(1e9)
@example(5e-324)
def test_a_price_lies_within_the_bounds_of_its_band(price: float) -> None:
    lower, upper = bounds_of(band_of(price))
    assert lower <= price < upper


@given(st.integers(LOWEST, 200))
def test_a_band_begins_where_the_one_before_it_ends(band: int) -> None:
    assert bounds_of(band)[1] == bounds_of(band + 1)[0]


@given(st.integers(LOWEST, 200))
def test_a_bound_is_in_the_band_that_begins_there(band: int) -> None:
    assert band_of(bounds_of(band)[0]) == band


@given(PRICES, PRICES)
def test_a_higher_price_is_never_in_a_lower_band(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert band_of(low) <= band_of(high)


@pytest.mark.parametrize(
    ("price", "bounds"),
    [(0, (0.0, 0.01)), (0.01, (0.01, 0.0112)), (20, (20.0, 22.4)), (22.39, (20.0, 22.4)), (22.4, (22.4, 25)),
     (99.99, (90, 100)), (100, (100, 112)), (1e9, (1e9, 1.12e9))],
)  # fmt: skip
def test_bounds_are_numbers_that_a_person_reads_with_ease(price: float, bounds: tuple[float, float]) -> None:
    assert bounds_of(band_of(price)) == bounds


def test_a_band_is_about_an_eighth_wide() -> None:
    widths = [upper / lower for lower, upper in (bounds_of(band) for band in range(LOWEST + 1, 200))]
    assert 1.09 < min(widths) and max(widths) < 1.16
