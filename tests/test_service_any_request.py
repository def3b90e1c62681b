"""Whatever is sent, the answer is an answer or a problem that is the client's: never a fault of ours."""

import json
import urllib.parse
from typing import Any

from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.boutique import HEEL, LAUNCHED

pytest_plugins = ["tests.service_fixtures"]

many = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

TEXTS = st.text(max_size=12) | st.sampled_from(
    ["red", "item-001", "2026-01-01", "price", "category", "attributes.size"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["category", "brand", "price", "in_stock", "updated_at", "id", "attributes.size",
                         f"attributes.{HEEL}", f"attributes.{LAUNCHED}", "attributes.nope"])  # fmt: skip
CONDITIONS = (
    SCALARS
    | st.lists(SCALARS, max_size=3)
    | st.dictionaries(
        st.sampled_from(["gte", "lte", "gt", "lt", "not"]), SCALARS | st.lists(SCALARS), max_size=2
    )
)
PARTS = st.fixed_dictionaries({}, optional={"text": TEXTS, "item_id": TEXTS, "weight": st.floats(-2, 2)})
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "query": st.lists(PARTS, max_size=3),
    "filter": st.dictionaries(NAMES | TEXTS.map("attributes.{}".format), CONDITIONS, max_size=3),
    "limit": st.integers(1, 100),
    "facets": st.lists(st.sampled_from(["category", "price", "in_stock", "attributes.size"]), max_size=3),
    "diversity": st.floats(0, 1),
    "fold_duplicates": st.booleans(),
    "mode": st.sampled_from(["vector", "keyword", "hybrid"]),
    "include_query_items": st.booleans(),
    "min_score": st.floats(allow_nan=False, allow_infinity=False),
    "confident_only": st.booleans(),
}
NEARLY_GOOD = st.fixed_dictionaries({}, optional=FIELDS)
WORDS = TEXTS.filter(bool)
GOOD_FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "category": WORDS | st.fixed_dictionaries({"not": st.lists(WORDS, min_size=1)}),
        "price": st.fixed_dictionaries({"gte": st.floats(allow_nan=False, allow_infinity=False)}),
        "updated_at": st.fixed_dictionaries({"lte": st.datetimes().map(str)}),
        "attributes.size": st.booleans() | st.integers() | WORDS,
        f"attributes.{HEEL}": st.fixed_dictionaries({"lt": st.integers() | st.floats(-1e300, 1e300)}),
        f"attributes.{LAUNCHED}": st.fixed_dictionaries({"gt": st.dates().map(str)}),
    },
)  # fmt: skip
GOOD_PARTS = st.fixed_dictionaries(
    {"weight": st.floats(-3, 3).filter(bool)}, optional={}
).flatmap(lambda part: st.one_of(
    st.text(min_size=1, max_size=12).filter(str.strip).map(lambda text: {**part, "text": text}),
    st.integers(0, 199).map(lambda number: {**part, "item_id": f"item-{number:03}"}),
))  # fmt: skip
GOOD = st.fixed_dictionaries(
    {"query": st.lists(GOOD_PARTS, max_size=3), "filter": GOOD_FILTERS},
    optional={
        name: FIELDS[name] for name in ("limit", "facets", "diversity", "fold_duplicates", "min_score")
    },
)


def assert_no_fault_of_ours(response: Any) -> None:
    assert response.status_code in (200, 202, 400, 404, 410, 415, 422), response.json


@given(body=NEARLY_GOOD)
@example(body={"min_score": 1.7976931348623157e308, "query": [{"text": "red"}]})
@example(body={"filter": {"price": {"gte": 1e300}}})
@example(body={"filter": {"updated_at": {"gte": "0001-01-01T00:00:00+23:59"}}})
@many
def test_a_search_that_is_nearly_good_is_answered_or_refused(boutique: FlaskClient, body: Any) -> None:
    assert_no_fault_of_ours(boutique.post("/v1/search", json=body))
    batch = boutique.post("/v1/search/batch", json={"searches": [body]})
    assert batch.status_code == 200, batch.json


@given(body=GOOD)
@many
def test_a_good_search_is_answered(boutique: FlaskClient, body: Any) -> None:
    response = boutique.post("/v1/search", json=body)
    if response.status_code == 422:
        assert response.json["code"] == "query_cancels_out"
    else:
        assert response.status_code == 200, response.json
        scores = [item["score"] for item in response.json["items"]]
        assert len(scores) == min(len(scores), body.get("limit", 24))
        if body["query"] and not body.get("diversity"):
            assert scores == sorted(scores, reverse=True)


@given(body=ANYTHING)
@many
def test_any_json_is_answered_or_refused(boutique: FlaskClient, body: Any) -> None:
    sent = json.dumps(body).encode()
    for path in ("/v1/search", "/v1/recommend", "/v1/search/batch", "/v1/items/batch"):
        assert_no_fault_of_ours(boutique.post(path, data=sent, content_type="application/json"))
    for method in ("PUT", "PATCH"):
        response = boutique.open("/v1/items/a", method=method, data=sent, content_type="application/json")
        assert_no_fault_of_ours(response)


OPERATIONS = st.fixed_dictionaries(
    {},
    optional={
        "op": st.sampled_from(["put", "patch", "delete", "burn"]),
        "id": TEXTS,
        "item": st.dictionaries(st.sampled_from(["id", "title", "category", "images"]), ANYTHING),
        "fields": st.dictionaries(st.sampled_from(["price", "title", "attributes", "in_stock"]), ANYTHING),
        "version": SCALARS | st.datetimes().map("{}Z".format),
    },
)


@given(operations=st.lists(OPERATIONS, max_size=4), item_id=st.text(min_size=1, max_size=300))
@many
def test_writes_that_are_nearly_good_are_accepted_or_refused(
    boutique: FlaskClient, operations: Any, item_id: str
) -> None:
    batch = boutique.post("/v1/items/batch", json={"operations": operations})
    assert_no_fault_of_ours(batch)
    if batch.status_code == 202:
        assert len(batch.json["operations"]) == len(operations)
    deleted = boutique.delete(f"/v1/items/{urllib.parse.quote(item_id, safe='', errors='replace')}")
    assert_no_fault_of_ours(deleted)


@given(
    parameters=st.dictionaries(
        st.sampled_from([*FIELDS, "fields", "text", "item_id", "price_gte", "category_not", "updated_at_lte"])
        | NAMES,
        TEXTS | st.integers().map(str) | st.floats().map(str) | st.lists(TEXTS, max_size=2),
        max_size=4,
    )
)
@many
def test_any_parameters_are_answered_or_refused(boutique: FlaskClient, parameters: Any) -> None:
    for path in ("/v1/search", "/v1/items/item-001/similar", "/v1/facets"):
        assert_no_fault_of_ours(boutique.get(path, query_string=parameters))
