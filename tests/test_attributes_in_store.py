"""Attributes of any name and type through the real store: filtered, counted, and indexed when first seen."""

import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from qdrant_client import QdrantClient

from catalog import collection, versions
from catalog.attributes import NUMBERS, TERMS, path_of
from catalog.collection import connect
from catalog.filters import AnyOf, Between
from catalog.index import ItemIndex
from catalog.schema import MAX_FILTERABLE_ATTRIBUTES
from tests.assertions import assert_problem
from tests.boutique import points_of
from tests.service_doubles import ColourEncoder
from tests.service_shop import settings_for

pytest_plugins = ["tests.service_fixtures"]

Market = tuple[FlaskClient, ItemIndex]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = [
    "size", "sole height", "heel.height", "größe", "サイズ", "a[b]", "a[]", "[0]", "it's", "x/y", "📏",
    "a\tb", "-", "_", "0", "numbers", "x" * 200, "a,b", "a&b=c", "<b>", "{}", "not",
]  # fmt: skip


def write(index: ItemIndex, *attributes: dict[str, Any]) -> None:
    """Items `item-0`, `item-1` ... with those attributes."""
    index.upsert([point for number, each in enumerate(attributes) for point in _points(number, each)])


def _points(number: int, attributes: dict[str, Any]) -> list[Any]:
    fields = {"id": f"item-{number}", "title": "T", "category": "c", "images": ["a.jpg"]}
    return points_of({**fields, "attributes": attributes}, NOW)


def found(client: FlaskClient, **conditions: Any) -> set[str]:
    filter_ = {f"attributes.{name}": condition for name, condition in conditions.items()}
    response = client.post("/v1/search", json={"filter": filter_, "limit": 100})
    assert response.status_code == 200, response.json
    assert response.json["total"] == len(response.json["items"])
    return {item["id"].removeprefix("item-") for item in response.json["items"]}


def facet(client: FlaskClient, name: str) -> dict[str, int]:
    response = client.post("/v1/search", json={"facets": [f"attributes.{name}"]})
    assert response.status_code == 200, response.json
    return {each["value"]: each["count"] for each in response.json["facets"][f"attributes.{name}"]}


def test_an_attribute_may_have_any_name(market: Market) -> None:
    client, index = market
    write(index, {name: "one" for name in NAMES}, {name: ["two", 7] for name in NAMES}, {})
    for name in NAMES:
        assert found(client, **{name: "one"}) == {"0"}, name
        assert found(client, **{name: {"not": ["one", "7"]}}) == {"2"}, name
        assert found(client, **{name: {"gte": 6.5}}) == {"1"}, name
        assert facet(client, name) == {"one": 1, "two": 1, "7": 1}, name
        by_address = client.get("/v1/search", query_string={f"attributes.{name}": "7"}).json
        assert [item["id"] for item in by_address["items"]] == ["item-1"], name
    assert client.get("/v1/stats").json["attributes"] == sorted(NAMES)
    assert client.get("/v1/items/item-0").json["attributes"] == {name: "one" for name in NAMES}


def test_values_of_several_types_in_one_attribute_are_told_apart_and_together(market: Market) -> None:
    client, index = market
    write(index, {"v": 38}, {"v": 38.0}, {"v": "38"}, {"v": "M"}, {"v": True}, {"v": [36, "L", 40.5]},
          {"v": "2026-03-31"}, {"v": "2026-04-01T12:00:00+02:00"}, {"v": []}, {}, {"v": "x" * 101},
          {"v": 2**60}, {"v": ""}, {"v": "true"}, {"v": 1},
          {"v": "0001-01-01"}, {"v": "9999-12-31T23:59:59Z"})  # fmt: skip
    everyone = {str(number) for number in range(17)}
    assert found(client, v=38) == found(client, v="38") == found(client, v=38.0) == {"0", "1", "2"}
    assert found(client, v=["M", 40.5, True]) == {"3", "4", "5", "13"}
    assert found(client, v=1) == {"14"}
    assert found(client, v={"not": [38, "L"]}) == everyone - {"0", "1", "2", "5"}
    assert found(client, v={"gte": 36, "lt": 40}) == {"0", "1", "2", "5"}
    assert found(client, v={"gt": 1e18}) == {"11"} == found(client, v=2**60)
    assert found(client, v={"gte": "2026-03-31", "lt": "9999-01-01"}) == {"6", "7"}
    assert found(client, v={"lt": "0001-01-02"}) == {"15"}
    assert found(client, v={"gte": "9999-12-31"}) == {"16"}
    assert found(client, v={"gt": "2026-04-01T09:59:59Z", "lte": "2026-04-01T12:00:00+02:00"}) == {"7"}
    assert found(client, v="2026-03-31") == {"6"}
    assert facet(client, "v") == {
        "38": 3, "M": 1, "true": 2, "36": 1, "L": 1, "40.5": 1, "2026-03-31": 1,
        "2026-04-01T12:00:00+02:00": 1, str(2**60): 1, "1": 1, "0001-01-01": 1, "9999-12-31T23:59:59Z": 1,
    }  # fmt: skip


def test_an_attribute_can_be_filtered_by_from_its_first_write_on(market: Market) -> None:
    client, index = market
    write(index, {"size": 38})
    response = client.post("/v1/search", json={"filter": {"attributes.season": "summer"}})
    (error,) = assert_problem(response, 422, "field_unknown")["errors"]
    assert error["message"] == "unknown attribute; known here: attributes.size"
    write(index, {"size": 38, "season": "summer"}, {"season": "winter"})
    assert found(client, season="summer") == {"0"}
    assert found(client, season={"not": "summer"}) == {"1"}
    assert facet(client, "season") == {"summer": 1, "winter": 1}


def test_a_change_of_the_payload_alone_brings_a_new_attribute_too(market: Market) -> None:
    client, index = market
    write(index, {"size": 38})
    (point,) = _points(0, {"size": 39, "season": "summer"})
    index.overwrite_payloads({point.id: point.payload})
    assert found(client, season="summer", size=39) == {"0"}
    assert found(client, size=38) == set()


def test_an_unknown_attribute_of_a_shop_without_any_is_refused(market: Market) -> None:
    client, index = market
    write(index, {})
    response = client.post("/v1/search", json={"filter": {"attributes.size": 1}})
    (error,) = assert_problem(response, 422, "field_unknown")["errors"]
    assert error["message"] == "unknown attribute; known here: none"


def test_of_too_many_attributes_the_first_can_be_filtered_by(
    market: Market, caplog: pytest.LogCaptureFixture
) -> None:
    client, index = market
    most = MAX_FILTERABLE_ATTRIBUTES
    write(index, {f"a{number:03}": "x" for number in range(most)})
    with caplog.at_level(logging.WARNING, "catalog.collection"):
        write(index, {f"a{number:03}": "y" for number in range(most + 3)})
        write(index, {"late": 5, "a000": 5})
    assert [record.message for record in caplog.records] == [
        f"more than {most} attributes: 'a{most:03}' and others after it cannot be filtered by"
    ]
    assert len(index.attributes()) == most
    assert found(client, a000={"gte": 5}) == {"0"}, "a known attribute gets its further readings"
    response = client.post("/v1/search", json={"filter": {"attributes.late": 5}})
    assert_problem(response, 422, "field_unknown")
    assert client.get("/v1/items/item-0").json["attributes"] == {"late": 5, "a000": 5}


def test_another_process_learns_of_a_new_attribute(
    market: Market, store_url: str, colours: ColourEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (collection, versions):
        monkeypatch.setattr(module, "ALIAS_TRUSTED_S", 0.0)
    client, index = market
    write(index, {"size": 38})
    assert found(client, size=38) == {"0"}
    other_client = connect(settings_for(store_url))
    alias = index.version().removesuffix("-colours-1")
    other = ItemIndex(other_client, store_url, alias, colours)
    (point,) = _points(0, {"season": "summer"})
    other.upsert([point])
    assert other.count({"attributes.season": AnyOf(("summer",))}) == 1
    assert found(client, season="summer") == {"0"}
    other_client.close()


def test_every_filterable_field_has_a_payload_index(market: Market, store_url: str) -> None:
    _, index = market
    write(index, {"size": 38, "season": "summer", "launched on": "2026-01-01"})
    admin = QdrantClient(url=store_url, check_compatibility=False)
    schema = admin.get_collection(index.version()).payload_schema
    admin.close()
    assert {path_of(TERMS, "size"), path_of(NUMBERS, "size"), 'dates."launched on"'} <= set(schema)
    for field in ("category", "brand", "colour", "gender", "price", "in_stock", "updated_at", "item_id"):
        assert field in schema
    assert index.count({"attributes.size": Between(gte=38)}) == 1
