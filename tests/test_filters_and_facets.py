"""Filters and facets over a whole catalogue, against a count by hand."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.assertions import assert_problem
from tests.boutique import (
    BRANDS,
    CATEGORIES,
    GENDERS,
    HEEL,
    LAUNCHED,
    MATERIALS,
    SIZES,
    catalogue,
    counted,
    passes,
    updated_at,
)

pytest_plugins = ["tests.service_fixtures"]

SHOP = catalogue()
ATTRIBUTES = [f"attributes.{name}" for name in ("size", "material", "vegan", HEEL, LAUNCHED)]
FACETS = ["category", "brand", "colour", "gender", "in_stock", "price", *ATTRIBUTES]
DAYS = st.dates().map(lambda day: day.replace(year=2026, month=day.month % 10 + 1, day=min(day.day, 28)))
BOUNDS = ("gte", "lte", "gt", "lt")

# Each example asks a real store.
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def choices(*values: Any) -> st.SearchStrategy[Any]:
    one = st.sampled_from(values)
    several = st.lists(one, min_size=1, max_size=3)
    return one | several | (one | several).map(lambda ruled_out: {"not": ruled_out})


def bounds(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(st.sampled_from(BOUNDS), values, min_size=1, max_size=2)


NUMBERS = st.sampled_from([0, 0.01, 7, 9, 19.99, 20, 22.4, 38, 300]) | st.floats(0, 900)
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "category": choices(*CATEGORIES), "brand": choices(*BRANDS, "nobody"), "gender": choices(*GENDERS),
        "colour": choices("red", "blue", "grey"), "in_stock": st.booleans(), "price": bounds(NUMBERS),
        "attributes.size": choices(*SIZES, "36", 40.5) | bounds(NUMBERS),
        "attributes.material": choices(*MATERIALS), "attributes.vegan": choices(True, False, "true"),
        f"attributes.{HEEL}": choices(2, 4.5, 9) | bounds(NUMBERS),
        f"attributes.{LAUNCHED}": bounds(DAYS.map(str)),
    },
)  # fmt: skip


def post(client: FlaskClient, **body: Any) -> dict[str, Any]:
    response = client.post("/v1/search", json=body)
    assert response.status_code == 200, response.json
    return dict(response.json)


def ids(answer: dict[str, Any]) -> list[str]:
    return [item["id"] for item in answer["items"]]


def passing(filter_: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for item in SHOP if passes(item, filter_)]


def all_ids(client: FlaskClient, **body: Any) -> list[str]:
    """What paging to the end brings; on every page the same total and facets."""
    first = answer = post(client, **body)
    found = ids(answer)
    while answer["next_cursor"]:
        answer = post(client, **body, cursor=answer["next_cursor"])
        assert (answer["total"], answer["facets"]) == (first["total"], first["facets"])
        found += ids(answer)
    return found


def as_counts(facet: list[dict[str, Any]]) -> dict[Any, int]:
    return {each["value"]: each["count"] for each in facet}


def assert_prices(facet: dict[str, Any], items: list[dict[str, Any]]) -> None:
    prices = [float(item["price"]) for item in items if item.get("price") is not None]
    assert (facet["min"], facet["max"]) == (min(prices, default=None), max(prices, default=None))
    for bar in facet["histogram"]:
        assert bar["count"] == sum(bar["gte"] <= price < bar["lt"] for price in prices) > 0
    assert sum(bar["count"] for bar in facet["histogram"]) == len(prices)


@given(filter_=FILTERS)
@few
def test_a_filter_finds_what_a_look_at_every_item_finds(boutique: FlaskClient, filter_: Any) -> None:
    expected = [item["id"] for item in passing(filter_)]
    answer = post(boutique, filter=filter_, limit=100)
    assert (answer["total"], answer["total_is"]) == (len(expected), "exact")
    assert set(ids(answer)) <= set(expected) and len(ids(answer)) == min(100, len(expected))
    for mode in ("vector", "hybrid"):
        ranked = post(boutique, query=[{"text": "red dress"}], mode=mode, filter=filter_, limit=100)
        assert ranked["total"] == len(expected)
        assert set(ids(ranked)) <= set(expected) and len(ids(ranked)) == min(100, len(expected))


@given(filter_=FILTERS, fields=st.lists(st.sampled_from(FACETS), max_size=5, unique=True))
@few
def test_a_facet_counts_what_passes_all_conditions_but_its_own(
    boutique: FlaskClient, filter_: Any, fields: list[str]
) -> None:
    facets = post(boutique, filter=filter_, facets=fields, limit=1)["facets"]
    assert list(facets) == fields
    for field in fields:
        others = passing({name: condition for name, condition in filter_.items() if name != field})
        if field == "price":
            assert_prices(facets[field], others)
        else:
            assert as_counts(facets[field]) == counted(others, field)
            frequencies = [value["count"] for value in facets[field]]
            assert frequencies == sorted(frequencies, reverse=True)


@pytest.mark.parametrize(
    "cut", [{"mode": "keyword"}, {"mode": "vector", "min_score": 0.35}, {"min_score": 0.3}]
)
@pytest.mark.parametrize("filter_", [{}, {"category": "dresses"}, {"in_stock": True, "price": {"lte": 100}}])
def test_where_a_search_leaves_items_out_totals_and_facets_are_of_what_it_found(
    boutique: FlaskClient, cut: dict[str, Any], filter_: dict[str, Any]
) -> None:
    body = {"query": [{"text": "red dress"}], **cut}
    fields = ["brand", "in_stock", "price", "attributes.size", "attributes.material"]
    answer = post(boutique, **body, filter=filter_, facets=fields, limit=20)
    found = all_ids(boutique, **body, filter=filter_, facets=fields, limit=20)
    assert len(found) == len(set(found)) == answer["total"]
    assert 0 < len(found) < len(SHOP)
    items = [item for item in SHOP if item["id"] in found]
    for field in fields:
        if field == "price":
            if "price" not in filter_:
                assert_prices(answer["facets"][field], items)
        elif field not in filter_:
            assert as_counts(answer["facets"][field]) == counted(items, field)


@pytest.mark.parametrize("cut", [{"mode": "keyword"}, {"mode": "vector", "min_score": 0.35}])
def test_a_facet_of_a_cut_search_leaves_out_its_own_condition_too(
    boutique: FlaskClient, cut: dict[str, Any]
) -> None:
    body = {"query": [{"text": "red dress"}], **cut, "facets": ["category", "price"]}
    whole = post(boutique, **body)["facets"]
    narrowed = post(boutique, **body, filter={"category": "dresses"})["facets"]
    assert as_counts(narrowed["category"]) == as_counts(whole["category"])
    assert narrowed["price"] != whole["price"]


def test_the_facets_of_every_kind_of_search_agree(boutique: FlaskClient) -> None:
    body = {"filter": {"brand": "Acme"}, "facets": FACETS}
    browsed = post(boutique, **body)["facets"]
    assert post(boutique, **body, query=[{"text": "red"}])["facets"] == browsed
    assert post(boutique, **body, query=[{"text": "red"}], mode="vector", min_score=-1)["facets"] == browsed


def test_a_facet_holds_the_hundred_most_frequent_values(boutique: FlaskClient) -> None:
    field = "attributes.serial"
    browsed = post(boutique, facets=[field])["facets"][field]
    cut = post(boutique, query=[{"text": "red"}], mode="vector", min_score=-1, facets=[field])["facets"][
        field
    ]
    assert len(browsed) == len(cut) == 100
    assert browsed == cut


@pytest.mark.parametrize(
    ("bounds", "first", "last"),
    [({"gte": "2026-01-01T00:05:00Z"}, 35, 199), ({"gt": "2026-01-01T00:05:00"}, 42, 199),
     ({"lt": "2026-01-01T01:00:30+01:00"}, 0, 6), ({"gte": "2026-01-01", "lte": "2026-01-01T00:01"}, 0, 13),
     ({"lte": "2025-12-31"}, 0, -1)],
)  # fmt: skip
def test_items_are_filtered_by_when_they_were_updated(
    boutique: FlaskClient, bounds: dict[str, str], first: int, last: int
) -> None:
    assert updated_at(35).isoformat() == "2026-01-01T00:05:00+00:00"
    answer = post(boutique, filter={"updated_at": bounds}, limit=100)
    assert answer["total"] == last - first + 1
    expected = [f"item-{number:03}" for number in range(first, last + 1)]
    assert set(ids(answer)) <= set(expected)


@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        ({"id": "item-001"}, {"item-001"}),
        ({"id": ["item-001", "item-002", "no such"]}, {"item-001", "item-002"}),
        ({"id": ["item-003"]}, set()),
        ({"id": ["item-003", "item-004"]}, {"item-004"}),
    ],
)
def test_a_filter_by_id_leaves_out_the_items_of_the_query(
    boutique: FlaskClient, filter_: dict[str, Any], expected: set[str]
) -> None:
    answer = post(boutique, query=[{"item_id": "item-003"}], filter=filter_, facets=["category"])
    assert set(ids(answer)) == expected
    assert answer["total"] == len(expected) == sum(as_counts(answer["facets"]["category"]).values())


def test_ids_that_are_ruled_out_and_those_of_the_query_are_both_left_out(boutique: FlaskClient) -> None:
    body = {"query": [{"item_id": "item-003"}], "filter": {"id": {"not": ["item-001", "item-002"]}}}
    assert post(boutique, **body)["total"] == len(SHOP) - 3
    assert post(boutique, **body, include_query_items=True)["total"] == len(SHOP) - 2


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (None, 'a value, a list of values, {"not": ...} or bounds'),
        ([], "at least 1 item"),
        ([["x"]], "valid"),
        ({"not": []}, "at least 1 item"),
        ({"not": {"not": "x"}}, "a value or a list of values"),
        ({"not": "x", "gte": 5}, "known here: not"),
        ({"min": 5}, "known here: gte, lte, gt, lt"),
        ({"gte": True}, "valid number"),
        ({"gte": "soon"}, "ISO 8601"),
        ({"gte": 5, "lte": "2026-01-01"}, "valid string"),
        ({"gte": None}, "at least one of gte, lte, gt, lt"),
        ("x" * 257, "at most 256 characters"),
    ],
)
def test_a_bad_condition_on_an_attribute_is_named(
    boutique: FlaskClient, condition: Any, message: str
) -> None:
    response = boutique.post("/v1/search", json={"filter": {"attributes.size": condition}})
    problem = assert_problem(response, 422, "request_invalid")
    for error in problem["errors"]:
        assert error["field"].startswith("filter.attributes.size")
    assert message in " ".join(error["message"] for error in problem["errors"])


@pytest.mark.parametrize(
    ("bounds", "message"),
    [({}, "at least one of"), ({"gte": 5}, "valid string"), ({"gte": "31.3.2026"}, "ISO 8601"),
     ({"from": "2026-01-01"}, "known here: gte, lte, gt, lt"), ("2026-01-01", "object")],
)  # fmt: skip
def test_bad_bounds_of_a_time_are_named(boutique: FlaskClient, bounds: Any, message: str) -> None:
    response = boutique.post("/v1/search", json={"filter": {"updated_at": bounds}})
    (error,) = assert_problem(response, 422, "request_invalid")["errors"]
    assert error["field"].startswith("filter.updated_at") and message in error["message"]


def test_an_unknown_attribute_is_refused_with_the_known_ones(boutique: FlaskClient) -> None:
    filtered, faceted = {"filter": {"attributes.season": "summer"}}, {"facets": ["attributes.season"]}
    keyword = {"query": [{"text": "red"}], "mode": "keyword"}
    for body in (filtered, faceted, filtered | keyword, faceted | keyword, filtered | faceted):
        problem = assert_problem(boutique.post("/v1/search", json=body), 422, "field_unknown")
        (error,) = problem["errors"]
        place = "filter" if "filter" in body else "facets"
        assert error["field"] == {"filter": "filter.attributes.season", "facets": "facets.0"}[place]
        for known in ATTRIBUTES:
            assert known in error["message"]


@pytest.mark.parametrize(
    ("name", "bounds", "message"),
    [("material", {"gte": 5}, "no item has numbers in it"),
     ("size", {"gte": "2026-01-01"}, "no item has dates")],
)  # fmt: skip
def test_bounds_of_another_kind_than_any_value_are_refused(
    boutique: FlaskClient, name: str, bounds: dict[str, Any], message: str
) -> None:
    response = boutique.post("/v1/search", json={"filter": {f"attributes.{name}": bounds}})
    (error,) = assert_problem(response, 422, "field_unknown")["errors"]
    assert message in error["message"]
