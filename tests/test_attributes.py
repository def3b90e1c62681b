"""What filters and facets read from an attribute, and the path at which the store keeps it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.attributes import DATES, NUMBERS, TERMS, attribute_of, moment_of, path_of, readings, term_of
from catalog.schema import attribute_indexes


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (38, {TERMS: ["38"], NUMBERS: [38.0]}),
        (38.0, {TERMS: ["38"], NUMBERS: [38.0]}),
        ("38", {TERMS: ["38"], NUMBERS: [38.0]}),
        ([38, 38.0, "38"], {TERMS: ["38"], NUMBERS: [38.0]}),
        (4.5, {TERMS: ["4.5"], NUMBERS: [4.5]}),
        ("-4.50", {TERMS: ["-4.50"], NUMBERS: [-4.5]}),
        ("M", {TERMS: ["M"]}),
        ([36, "M"], {TERMS: ["36", "M"], NUMBERS: [36.0]}),
        (True, {TERMS: ["true"]}),
        ([True, 1], {TERMS: ["true", "1"], NUMBERS: [1.0]}),
        ("1e3", {TERMS: ["1e3"]}),
        ("٣٨", {TERMS: ["٣٨"], NUMBERS: [38.0]}),
        ("nan", {TERMS: ["nan"]}),
        ("2026-03-31", {TERMS: ["2026-03-31"], DATES: ["2026-03-31T00:00:00+00:00"]}),
        ("2026-03-31 12:00", {TERMS: ["2026-03-31 12:00"], DATES: ["2026-03-31T12:00:00+00:00"]}),
        ("2026-03-31T12:00:00+02:00",
         {TERMS: ["2026-03-31T12:00:00+02:00"], DATES: ["2026-03-31T10:00:00+00:00"]}),
        ("2026-02-31", {TERMS: ["2026-02-31"]}),
        ("0001-01-01T00:00:00+10:00", {TERMS: ["0001-01-01T00:00:00+10:00"]}),
        ("x" * 101, {}),
        ("x" * 100, {TERMS: ["x" * 100]}),
        ("", {}),
        ([], {}),
        ([""], {}),
        (10**99, {TERMS: [str(10**99)], NUMBERS: [1e99]}),
        (1e308, {NUMBERS: [1e308]}),
        (-0.0, {TERMS: ["0"], NUMBERS: [0.0]}),
    ],
)  # fmt: skip
def test_a_value_is_read_as_text_and_where_it_can_be_as_number_or_date(
    value: Any, expected: dict[str, list[Any]]
) -> None:
    assert readings({"a": value}) == {reading: {"a": values} for reading, values in expected.items()}


@pytest.mark.parametrize("name", ['a"b', "a\\b"])
def test_a_name_that_no_path_can_hold_is_left_out(name: str) -> None:
    assert readings({name: "x", "b": "y"}) == {TERMS: {"b": ["y"]}}


@given(st.text(st.characters(exclude_characters='"\\'), min_size=1, max_size=200))
def test_the_path_of_a_reading_leads_back_to_the_attribute(name: str) -> None:
    for reading in (TERMS, NUMBERS, DATES):
        assert attribute_of(path_of(reading, name)) == name


@pytest.mark.parametrize("path", ["category", "price", "terms", "attributes.size", "price_band", ""])
def test_other_paths_are_no_attributes(path: str) -> None:
    assert attribute_of(path) is None


@given(st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(), st.booleans()))
def test_every_reading_of_a_value_can_be_written_and_asked_for(value: Any) -> None:
    found = readings({"a": value})
    assert set(found) <= {TERMS, NUMBERS, DATES}
    assert not (NUMBERS in found and DATES in found)
    if 0 < len(term_of(value)) <= 100:
        assert found[TERMS] == {"a": [term_of(value)]}
    for number in found.get(NUMBERS, {}).get("a", []):
        assert float(number) == float(value)


@given(st.text())
def test_any_text_is_a_moment_or_none(text: str) -> None:
    moment = moment_of(text)
    assert moment is None or moment.utcoffset() is not None


def test_every_reading_gets_an_index_of_its_own_type() -> None:
    payload = readings({"size": [38, "M"], "launched on": "2026-03-31"})
    kinds = {path: kind.value for path, kind in attribute_indexes(payload).items()}
    assert kinds == {
        "terms.size": "keyword", "numbers.size": "float",
        'terms."launched on"': "keyword", 'dates."launched on"': "datetime",
    }  # fmt: skip
