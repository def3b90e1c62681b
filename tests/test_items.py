"""catalog/items.py: what an item may hold, and the ids of its points."""

import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from catalog.errors import ItemInvalid
from catalog.items import Item, parse_item, point_id

GOOD: dict[str, Any] = {"id": "A17", "title": "Red dress", "category": "dresses", "images": ["a.jpg"]}


def test_the_four_required_fields_are_enough() -> None:
    item = parse_item(GOOD)
    assert (item.id, item.price, item.attributes) == ("A17", None, {})


def test_texts_of_a_csv_become_numbers_and_booleans() -> None:
    item = parse_item({**GOOD, "price": "49.90", "in_stock": "true"})
    assert (item.price, item.in_stock) == (49.9, True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", ""),
        ("id", "x" * 257),
        ("id", 7),
        ("title", "   "),
        ("title", "a\x00b"),
        ("category", "broken \udcff encoding"),
        ("images", []),
        ("images", ["x.jpg"] * 17),
        ("price", "NaN"),
        ("price", float("inf")),
        ("price", -1),
        ("price", "cheap"),
        ("currency", "euros"),
        ("in_stock", "perhaps"),
        ("url", "javascript:alert(1)"),
        ("attributes", {"size": {"eu": 38}}),
        ("attributes", {f"a{n}": 1 for n in range(257)}),
        ("attributes", {"weight": float("nan")}),
        ("attributes", {"size\x00": "38"}),
        ("attributes", {"size": ["38", "4\x1b0"]}),
        ("images", ["a.jpg", "b\x00.jpg"]),
        ("description", "line one\nline\x0b two"),
        ("size", "XL"),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_field(field: str, value: Any) -> None:
    with pytest.raises(ItemInvalid) as error:
        parse_item({**GOOD, field: value})
    assert error.value.field.split(".")[0] == field
    assert str(error.value).startswith(error.value.field)


@pytest.mark.parametrize("field", ["id", "title", "category", "images"])
def test_a_missing_required_field_is_named(field: str) -> None:
    with pytest.raises(ItemInvalid, match=f"^{field}: "):
        parse_item({name: value for name, value in GOOD.items() if name != field})


@given(
    st.text(min_size=1, max_size=50), st.text(min_size=1, max_size=50), st.integers(0, 15), st.integers(0, 15)
)
def test_points_have_the_same_id_only_for_the_same_picture_of_the_same_item(
    one: str, other: str, position: int, other_position: int
) -> None:
    same = (one, position) == (other, other_position)
    assert (point_id(one, position) == point_id(other, other_position)) is same


@given(st.text(max_size=40), st.integers(0, 15))
def test_a_point_id_is_a_uuid_of_version_5(item_id: str, position: int) -> None:
    space = uuid.uuid5(uuid.NAMESPACE_DNS, "point.vitrine")
    assert point_id(item_id, position) == str(uuid.uuid5(space, f"{position}:{item_id}"))


def test_ends_of_lines_tabs_and_any_script_are_fit() -> None:
    text = "Ein\u00a0Kleid,\r\n\tсиний \U0001f457"
    assert parse_item({**GOOD, "description": text, "attributes": {"note": text}}).description == text


def test_every_unfit_field_is_named() -> None:
    with pytest.raises(ValidationError) as error:
        Item.model_validate({**GOOD, "title": "a\x00b", "attributes": {"a": "\x07"}})
    assert [one["loc"] for one in error.value.errors()] == [("title",), ("attributes",)]


def test_point_ids_never_change() -> None:
    # Indexes in the field hold these ids: another one would duplicate every point on the next ingest.
    assert point_id("A17", 0) == "1108060e-906b-5183-8575-ca7c56e119bd"


def test_items_cannot_be_changed() -> None:
    item = Item(**GOOD)
    with pytest.raises(ValueError, match="frozen"):
        item.title = "Blue dress"  # type: ignore[misc]
