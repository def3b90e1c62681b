"""What is similar, what is recommended, several searches in one call, and figures of the whole catalogue."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.assertions import assert_problem
from tests.boutique import HEEL, catalogue, counted, passes, updated_at
from tests.processes import free_port
from tests.service_doubles import ColourEncoder
from tests.test_service_outage import client_of

pytest_plugins = ["tests.service_fixtures"]

SHOP = catalogue()
BY_ID = {item["id"]: item for item in SHOP}


def ok(response: Any) -> dict[str, Any]:
    assert response.status_code == 200, response.json
    return dict(response.json)


def ids(answer: dict[str, Any]) -> list[str]:
    return [item["id"] for item in answer["items"]]


def passing(**filter_: Any) -> list[dict[str, Any]]:
    return [item for item in SHOP if passes(item, filter_)]


# Similar


def test_similar_items_are_first_those_of_the_same_category(boutique: FlaskClient) -> None:
    category = BY_ID["item-003"]["category"]
    own = len(passing(category=category)) - 1
    answer = ok(boutique.get("/v1/items/item-003/similar?limit=100"))
    is_own = [item["category"] == category for item in answer["items"]]
    assert is_own == [True] * own + [False] * (100 - own)
    assert answer["total"] == len(SHOP) - 1 and "item-003" not in ids(answer)
    for part in (answer["items"][:own], answer["items"][own:]):
        scores = [item["score"] for item in part]
        assert scores == sorted(scores, reverse=True)


def test_the_same_category_comes_first_in_a_diverse_answer_too(boutique: FlaskClient) -> None:
    category = BY_ID["item-003"]["category"]
    own = len(passing(category=category)) - 1
    answer = ok(boutique.get("/v1/items/item-003/similar?limit=60&diversity=0.6"))
    assert {item["category"] for item in answer["items"][: min(own, 60)]} == {category}


@pytest.mark.parametrize(
    ("parameters", "filter_"),
    [
        ("category=bags", {"category": "bags"}),
        ("category_not=dresses&brand=Bolt", {"category": {"not": "dresses"}, "brand": "Bolt"}),
        ("brand=Acme", {"brand": "Acme"}),
        ("in_stock=true&price_lte=50", {"in_stock": True, "price": {"lte": 50}}),
        ("attributes.size=40.5&attributes.size=M", {"attributes.size": [40.5, "M"]}),
    ],
)
def test_a_filter_of_similar_items_holds(boutique: FlaskClient, parameters: str, filter_: Any) -> None:
    expected = {item["id"] for item in passing(**filter_)} - {"item-003"}
    answer = ok(boutique.get(f"/v1/items/item-003/similar?limit=100&{parameters}&facets=category,price"))
    assert set(ids(answer)) == expected
    assert answer["total"] == len(expected)
    shown = answer["facets"]["price"]["histogram"]
    if "price" not in filter_:
        assert sum(bar["count"] for bar in shown) == sum("price" in BY_ID[item_id] for item_id in expected)


def test_similar_items_may_be_cut_by_their_score(boutique: FlaskClient) -> None:
    whole = ok(boutique.get("/v1/items/item-003/similar?limit=100"))
    cut = ok(boutique.get("/v1/items/item-003/similar?limit=100&min_score=0.4"))
    assert ids(cut) == [item["id"] for item in whole["items"] if item["score"] >= 0.4]
    assert cut["total"] == len(ids(cut)) > 0


def test_what_is_similar_to_an_unknown_item_is_not_found(boutique: FlaskClient) -> None:
    assert_problem(boutique.get("/v1/items/gone/similar"), 404, "item_not_found")
    assert_problem(boutique.get("/v1/items/gone/similar?category=bags"), 404, "item_not_found")


# Recommend


def test_recommended_items_are_near_the_liked_ones_and_never_named(boutique: FlaskClient) -> None:
    # Items whose numbers differ by a multiple of eight look alike; see vectors_of.
    body = {"liked": ["item-016", "item-032"], "disliked": ["item-001"], "limit": 100}
    answer = ok(boutique.post("/v1/recommend", json=body))
    assert not {"item-016", "item-032", "item-001"} & set(ids(answer))
    assert answer["total"] == len(SHOP) - 3
    scores = [item["score"] for item in answer["items"]]
    assert scores == sorted(scores, reverse=True)
    near = [int(item_id[-3:]) % 8 == 0 for item_id in ids(answer)[:8]]
    assert sum(near) >= 4
    assert all(item["why"] == {"vector": None, "keywords": []} for item in answer["items"])


def test_what_is_disliked_alone_leads_away_from_it(boutique: FlaskClient) -> None:
    answer = ok(boutique.post("/v1/recommend", json={"disliked": ["item-016"], "limit": 20}))
    assert len(ids(answer)) == 20
    assert sum(int(item_id[-3:]) % 8 == 0 for item_id in ids(answer)) <= 2


def test_a_filter_and_facets_of_recommendations_hold(boutique: FlaskClient) -> None:
    body = {"liked": ["item-016"], "filter": {"category": "bags"}, "facets": ["category"], "limit": 100}
    answer = ok(boutique.post("/v1/recommend", json=body))
    expected = {item["id"] for item in passing(category="bags")} - {"item-016"}
    assert set(ids(answer)) == expected
    others = [item for item in SHOP if item["id"] != "item-016"]
    facet = {each["value"]: each["count"] for each in answer["facets"]["category"]}
    assert facet == counted(others, "category")


def test_an_item_may_be_named_twice(boutique: FlaskClient) -> None:
    body = {"liked": ["item-016", "item-016"], "disliked": ["item-016"]}
    assert "item-016" not in ids(ok(boutique.post("/v1/recommend", json=body)))


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({}, "body", "at least one item in liked or disliked"),
        ({"liked": []}, "body", "at least one item"),
        ({"liked": "item-001"}, "liked", "valid list"),
        ({"liked": ["x"] * 101}, "liked", "at most 100 items"),
        ({"liked": [""]}, "liked.0", "at least 1 character"),
        ({"liked": ["item-001"], "query": []}, "query", "known here: filter, limit, cursor"),
        ({"liked": ["item-001"], "min_score": 1}, "min_score", "known here"),
    ],
)
def test_a_bad_field_of_recommend_is_named(
    boutique: FlaskClient, body: Any, field: str, message: str
) -> None:
    (error,) = assert_problem(boutique.post("/v1/recommend", json=body), 422, "request_invalid")["errors"]
    assert error["field"] == field and message in error["message"]


@pytest.mark.parametrize("body", [{"liked": ["item-001", "gone"]}, {"disliked": ["gone"]}])
def test_an_unknown_liked_item_is_not_found(boutique: FlaskClient, body: Any) -> None:
    problem = assert_problem(boutique.post("/v1/recommend", json=body), 404, "item_not_found")
    assert "'gone'" in problem["detail"]


# Diversity


def test_a_diverse_page_differs_from_the_plain_one(boutique: FlaskClient) -> None:
    body = {"query": [{"text": "red"}], "mode": "vector", "limit": 12}
    plain = ids(ok(boutique.post("/v1/search", json=body)))
    assert ids(ok(boutique.post("/v1/search", json={**body, "diversity": 0.0}))) == plain
    diverse = ids(ok(boutique.post("/v1/search", json={**body, "diversity": 0.7})))
    assert set(diverse) != set(plain) and diverse[0] == plain[0]


def test_folded_twins_are_named_by_the_item_that_stands_for_them(boutique: FlaskClient) -> None:
    body = {"query": [{"item_id": "item-010"}], "limit": 100, "fold_duplicates": True}
    folded = {item["id"]: item["duplicates"] for item in ok(boutique.post("/v1/search", json=body))["items"]}
    pairs = {frozenset((owner, name)) for owner, names in folded.items() for name in names}
    assert pairs and all(len(pair) == 2 for pair in pairs)
    for one, other in map(sorted, pairs):
        assert int(other[-3:]) == int(one[-3:]) + 1 and other.endswith("9")
    unfolded = ok(boutique.post("/v1/search", json={**body, "fold_duplicates": False}))
    assert {tuple(item["duplicates"]) for item in unfolded["items"]} == {()}


# Several searches at once


def test_a_batch_answers_each_search_in_its_place(boutique: FlaskClient) -> None:
    searches = [
        {"query": [{"text": "red"}], "limit": 3}, {"limit": 2, "filter": {"category": "bags"}},
        {"query": [{"item_id": "item-001"}], "limit": 1}, {"query": [{"text": "blue"}], "mode": "keyword"},
    ]  # fmt: skip
    answers = ok(boutique.post("/v1/search/batch", json={"searches": searches}))["answers"]
    for answer, search in zip(answers, searches, strict=True):
        alone = ok(boutique.post("/v1/search", json=search))
        assert (ids(answer), answer["total"]) == (ids(alone), alone["total"])


def test_a_bad_search_spoils_no_other(boutique: FlaskClient) -> None:
    good = {"query": [{"text": "red"}], "limit": 1}
    searches = [
        good, {"limit": 0}, {"query": [{"item_id": "gone"}]}, {"filter": {"attributes.nope": 1}}, "red", None,
        {**good, "cursor": "x"}, {"query": [{"text": "red"}, {"text": "red", "weight": -1}]}, good,
        {"query": [{"image": "AAAA"}]}, {"searches": []},
    ]  # fmt: skip
    body = ok(boutique.post("/v1/search/batch", json={"searches": searches}))
    codes = [answer.get("code") for answer in body["answers"]]
    assert codes == [
        None, "request_invalid", "item_not_found", "field_unknown", "request_invalid", "request_invalid",
        "cursor_invalid", "query_cancels_out", None, "image_not_an_image", "request_invalid",
    ]  # fmt: skip
    assert ids(body["answers"][0]) == ids(body["answers"][8])
    assert body["answers"][1]["errors"][0]["field"] == "limit"
    assert all(answer["request_id"] == body["request_id"] for answer in body["answers"])
    assert set(body) == {"answers", "took_ms", "request_id"}


@pytest.mark.parametrize(
    ("body", "message"),
    [({"searches": [{}] * 33}, "at most 32 items"), ({"searches": []}, "at least 1 item"), ({}, "required"),
     ({"searches": {}}, "valid list")],
)  # fmt: skip
def test_a_batch_that_is_none_is_refused(boutique: FlaskClient, body: Any, message: str) -> None:
    problem = assert_problem(boutique.post("/v1/search/batch", json=body), 422, "request_invalid")
    assert problem["errors"][0]["field"] == "searches" and message in problem["errors"][0]["message"]


def test_32_searches_are_answered(boutique: FlaskClient) -> None:
    body = {"searches": [{"limit": 1}] * 32}
    assert len(ok(boutique.post("/v1/search/batch", json=body))["answers"]) == 32


def test_a_store_that_is_gone_fails_the_whole_batch(colours: ColourEncoder) -> None:
    client = client_of(f"http://127.0.0.1:{free_port()}", colours)
    body = {"searches": [{"limit": 0}, {"query": [{"text": "red"}]}]}
    assert_problem(client.post("/v1/search/batch", json=body), 503, "index_unavailable")
    assert_problem(client.post("/v1/recommend", json={"liked": ["a"]}), 503, "index_unavailable")
    assert_problem(client.get("/v1/facets?fields=brand"), 503, "index_unavailable")
    assert_problem(client.get("/v1/stats"), 503, "index_unavailable")


@pytest.mark.parametrize("path", ["/v1/search/batch", "/v1/recommend"])
def test_other_bodies_than_json_are_refused(boutique: FlaskClient, path: str) -> None:
    assert_problem(boutique.post(path, data={"searches": "x"}), 415, "unsupported_media_type")
    response = boutique.post(path, data=b"{", content_type="application/json")
    assert_problem(response, 400, "malformed_json")
    assert_problem(boutique.get(path), 405, "method_not_allowed")


# The same by address


@pytest.mark.parametrize(
    ("parameters", "body"),
    [
        ("text=red&text=blue", {"query": [{"text": "red"}, {"text": "blue"}]}),
        ("text=red&mode=keyword", {"query": [{"text": "red"}], "mode": "keyword"}),
        ("text=red&mode=vector&min_score=0.3",
         {"query": [{"text": "red"}], "mode": "vector", "min_score": 0.3}),
        ("item_id=item-001&item_id=item-002", {"query": [{"item_id": "item-001"}, {"item_id": "item-002"}]}),
        ("text=red&diversity=0.5&fold_duplicates=true",
         {"query": [{"text": "red"}], "diversity": 0.5, "fold_duplicates": True}),
        ("category_not=bags&category_not=shirts", {"filter": {"category": {"not": ["bags", "shirts"]}}}),
        ("brand=Acme&gender_not=men&colour=red&colour=blue",
         {"filter": {"brand": "Acme", "gender": {"not": "men"}, "colour": ["red", "blue"]}}),
        ("brand=%C3%84hre+%26+S%C3%B6hne", {"filter": {"brand": "Ähre & Söhne"}}),
        ("price_gte=20&price_lte=300&in_stock=1",
         {"filter": {"price": {"gte": 20, "lte": 300}, "in_stock": True}}),
        ("updated_at_gte=2026-01-01T00:10:00Z&updated_at_lte=2026-01-02",
         {"filter": {"updated_at": {"gte": "2026-01-01T00:10:00Z", "lte": "2026-01-02"}}}),
        ("attributes.size=38&attributes.size=M", {"filter": {"attributes.size": [38, "M"]}}),
        ("attributes.vegan=true", {"filter": {"attributes.vegan": True}}),
        ("attributes.heel.height+(cm)=4.5", {"filter": {f"attributes.{HEEL}": 4.5}}),
        ("facets=category,price,attributes.size&facets=brand",
         {"facets": ["category", "price", "attributes.size", "brand"]}),
    ],
)  # fmt: skip
def test_an_address_asks_what_a_body_asks(boutique: FlaskClient, parameters: str, body: Any) -> None:
    by_address = ok(boutique.get(f"/v1/search?limit=50&{parameters}"))
    by_body = ok(boutique.post("/v1/search", json={"limit": 50, **body}))
    for name in ("items", "total", "total_is", "facets"):
        assert by_address[name] == by_body[name]
    assert by_address["total"] > 0


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ("facets=size", "facets.0"), ("facets=", "facets.0"),
        ("facets=brand,,price", "facets.1"), ("diversity=2", "diversity"), ("diversity=nan", "diversity"),
        ("attributes.=x", "attributes."), ("attributes.size=", "attributes.size.0"),
        ("attributes=x", "attributes"),
        ("updated_at_gte=yesterday", "updated_at_gte"), ("mode=keyword", "body"), ("mode=x", "mode"),
        ("min_score=", "min_score"), ("fold_duplicates=perhaps", "fold_duplicates"),
        ("price_gt=5", "price_gt"),
        ("price_gte=5&price_gte=6", "price_gte"), ("item_id=" + "x" * 257, "item_id.0"),
    ],
)  # fmt: skip
def test_a_bad_parameter_is_named(boutique: FlaskClient, parameters: str, field: str) -> None:
    problem = assert_problem(boutique.get(f"/v1/search?{parameters}"), 422, "request_invalid")
    assert [error["field"] for error in problem["errors"]] == [field]


def test_an_attribute_that_no_item_has_is_refused_by_address_too(boutique: FlaskClient) -> None:
    problem = assert_problem(boutique.get("/v1/search?attributes.nope=x"), 422, "field_unknown")
    assert problem["errors"][0]["field"] == "attributes.nope"


# The whole catalogue


def test_facets_of_the_whole_catalogue(boutique: FlaskClient) -> None:
    answer = ok(boutique.get("/v1/facets?fields=category,brand&fields=attributes.material"))
    assert set(answer) == {"total", "facets", "index_version", "request_id"}
    assert answer["total"] == len(SHOP)
    assert list(answer["facets"]) == ["category", "brand", "attributes.material"]
    for field, values in answer["facets"].items():
        assert {each["value"]: each["count"] for each in values} == counted(SHOP, field)


def test_facets_take_a_filter(boutique: FlaskClient) -> None:
    answer = ok(boutique.get("/v1/facets?fields=category,price&category=bags&in_stock=true"))
    assert answer["total"] == len(passing(category="bags", in_stock=True))
    in_stock = passing(in_stock=True)
    facet = {each["value"]: each["count"] for each in answer["facets"]["category"]}
    assert facet == counted(in_stock, "category")
    prices = [item["price"] for item in passing(category="bags", in_stock=True) if "price" in item]
    assert (answer["facets"]["price"]["min"], answer["facets"]["price"]["max"]) == (min(prices), max(prices))


@pytest.mark.parametrize(
    ("parameters", "field"),
    [("", "fields"), ("fields=", "fields.0"), ("fields=size", "fields.0"), ("fields=brand&limit=5", "limit")],
)
def test_bad_parameters_of_facets_are_named(boutique: FlaskClient, parameters: str, field: str) -> None:
    problem = assert_problem(boutique.get(f"/v1/facets?{parameters}"), 422, "request_invalid")
    assert [error["field"] for error in problem["errors"]] == [field]


def test_a_facet_of_an_unknown_attribute_is_refused(boutique: FlaskClient) -> None:
    assert_problem(boutique.get("/v1/facets?fields=attributes.nope"), 422, "field_unknown")


def test_stats_tell_what_there_is(boutique: FlaskClient) -> None:
    answer = ok(boutique.get("/v1/stats"))
    assert answer["items"] == len(SHOP)
    assert answer["pictures"] == sum(len(item["images"]) for item in SHOP)
    assert answer["attributes"] == sorted({name for item in SHOP for name in item["attributes"]})
    assert answer["updated_at"] == updated_at(len(SHOP) - 1).isoformat(timespec="milliseconds")
    assert (answer["model"], answer["index_version"]) == ("colours", "boutique-colours-1")


def test_values_asked_for_and_ruled_out_leave_the_others(boutique: FlaskClient) -> None:
    asked = boutique.get("/v1/search?category=bags&category=shirts&category_not=shirts&limit=100").json
    assert asked is not None
    assert {item["category"] for item in asked["items"]} == {"bags"}
    assert boutique.get("/v1/search?category=bags&category_not=bags").json["total"] == 0  # type: ignore[index]
