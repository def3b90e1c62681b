"""Searches that are answered: by words, picture, item and filter, and what the answers look like."""

import base64
import io
from typing import Any

import pytest
from flask.testing import FlaskClient

from catalog.images import image_sha256
from tests.service_doubles import picture_bytes, plain
from tests.service_shop import NEWEST_FIRST, REMOTE_IMAGE, STRANGE_ID

pytest_plugins = ["tests.service_fixtures"]

ITEM_FIELDS = {
    "id", "title", "category", "price", "currency", "brand", "colour", "gender", "in_stock", "description",
    "url", "image", "attributes",
}  # fmt: skip


def post(client: FlaskClient, **body: Any) -> dict[str, Any]:
    response = client.post("/v1/search", json=body)
    assert response.status_code == 200, response.json
    return dict(response.json)


def get(client: FlaskClient, query: str) -> dict[str, Any]:
    response = client.get(f"/v1/search?{query}")
    assert response.status_code == 200, response.json
    return dict(response.json)


def ids(answer: dict[str, Any]) -> list[str]:
    return [item["id"] for item in answer["items"]]


def in_base64(colour: str) -> str:
    return base64.b64encode(picture_bytes(plain(colour))).decode()


def test_words_find_what_they_say(client: FlaskClient) -> None:
    assert ids(post(client, query=[{"text": "green"}]))[0] == "green-shirt"
    assert ids(get(client, "text=green"))[0] == "green-shirt"


def test_one_text_finds_the_words_of_a_title_too(client: FlaskClient) -> None:
    assert ids(post(client, query=[{"text": "similar"}]))[0] == "pink/similar"
    assert ids(get(client, "text=bag"))[:2] in (["black-bag", "yellow-bag"], ["yellow-bag", "black-bag"])


def test_an_answer_has_the_shape_of_the_contract(client: FlaskClient) -> None:
    answer = post(client, query=[{"image": in_base64("red")}], limit=1)
    assert set(answer) == {
        "items", "total", "total_is", "facets", "confident", "next_cursor", "model", "index_version",
        "took_ms", "request_id",
    }  # fmt: skip
    thumbnail = f"/v1/thumbnails/{image_sha256(picture_bytes(plain('red')))}"
    assert answer["items"] == [{
        "id": "red-dress", "title": "The red-dress", "category": "dresses", "price": 40.0, "currency": "EUR",
        "brand": "Acme", "colour": "red", "gender": "women", "in_stock": True, "description": "Red.",
        "url": "https://shop.example/p/red-dress", "image": thumbnail, "attributes": {"sleeves": "long"},
        "score": pytest.approx(1.0, abs=1e-3), "matched_image": {"position": 0, "url": thumbnail},
        "why": {"vector": pytest.approx(1.0, abs=1e-3), "keywords": []}, "duplicates": [],
    }]  # fmt: skip
    assert (answer["total"], answer["total_is"]) == (len(NEWEST_FIRST), "exact")
    assert (answer["model"], answer["index_version"]) == ("colours", "shop-colours-1")
    took = answer["took_ms"]
    assert set(took) == {"decode", "encode", "search", "total"}
    assert 0 < took["search"] <= took["total"] and 0 < took["encode"]


def test_fields_that_a_shop_left_out_are_null(client: FlaskClient) -> None:
    (bag,) = post(client, query=[{"text": "black"}], limit=1)["items"]
    assert set(bag) == ITEM_FIELDS | {"score", "matched_image", "why", "duplicates"}
    assert bag["id"] == "black-bag"
    absent = ("price", "currency", "brand", "colour", "gender", "in_stock", "description", "url")
    assert all(bag[name] is None for name in absent)
    assert bag["attributes"] == {}


def test_a_local_path_never_leaves_the_service(client: FlaskClient) -> None:
    assert "/srv/feeds" not in client.get("/v1/search").text
    assert "/srv/feeds" not in client.get("/v1/items/red-dress").text
    assert "/srv/feeds" not in client.get("/").text


def test_an_image_that_lies_on_the_web_is_answered_by_its_own_address(client: FlaskClient) -> None:
    (bag,) = get(client, "text=yellow&limit=1")["items"]
    assert bag["image"] == bag["matched_image"]["url"] == REMOTE_IMAGE


def test_an_item_is_one_hit_that_names_the_picture_that_matched(client: FlaskClient) -> None:
    answer = post(client, query=[{"text": "grey"}])
    assert ids(answer).count("blue-dress") == 1
    best = answer["items"][0]
    assert (best["id"], best["matched_image"]["position"]) == ("blue-dress", 1)
    assert best["image"].endswith(image_sha256(picture_bytes(plain("blue"))))
    assert best["matched_image"]["url"].endswith(image_sha256(picture_bytes(plain("grey"))))


def test_a_picture_in_base64_finds_its_like(client: FlaskClient) -> None:
    answer = post(client, query=[{"image": in_base64("pink")}])
    assert ids(answer)[0] == "pink/similar"
    assert answer["took_ms"]["decode"] > 0


def test_base64_may_be_broken_into_lines(client: FlaskClient) -> None:
    lines = base64.encodebytes(picture_bytes(plain("pink"))).decode()
    assert ids(post(client, query=[{"image": lines}]))[0] == "pink/similar"


def test_an_upload_finds_its_like(client: FlaskClient) -> None:
    upload = (io.BytesIO(picture_bytes(plain("blue"))), "x.png")
    response = client.post("/v1/search", data={"image": upload})
    assert ids(response.json)[0] == "blue-dress"


def test_an_upload_is_joined_with_its_request_field(client: FlaskClient) -> None:
    rest = '{"query": [{"text": "green", "weight": 3}], "filter": {"in_stock": true}, "limit": 1}'
    upload = (io.BytesIO(picture_bytes(plain("blue"))), "x.png")
    response = client.post("/v1/search", data={"image": upload, "request": rest})
    assert ids(response.json) == ["green-shirt"]


def test_an_item_finds_the_others_and_is_left_out_itself(client: FlaskClient) -> None:
    answer = post(client, query=[{"item_id": "red-dress"}])
    assert "red-dress" not in ids(answer)
    assert answer["total"] == len(ids(answer)) == len(NEWEST_FIRST) - 1


def test_items_of_the_query_stay_if_asked_for(client: FlaskClient) -> None:
    answer = post(client, query=[{"item_id": STRANGE_ID}], include_query_items=True)
    assert ids(answer)[0] == STRANGE_ID


def test_a_mix_leans_to_the_heavier_part(client: FlaskClient) -> None:
    parts = [{"text": "red", "weight": 0.2}, {"text": "blue"}, {"text": "green", "weight": 0.6}]
    answer = post(client, query=parts, limit=3, mode="vector")
    assert ids(answer) == ["blue-dress", "green-shirt", "red-dress"]


def test_the_score_is_the_cosine_with_the_renormalised_mix(client: FlaskClient) -> None:
    parts = [{"text": "red", "weight": 3}, {"image": in_base64("blue"), "weight": 4}]
    answer = post(client, query=parts, limit=2, mode="vector")
    scores = {item["id"]: item["score"] for item in answer["items"]}
    assert scores == {"blue-dress": pytest.approx(0.8, abs=1e-3), "red-dress": pytest.approx(0.6, abs=1e-3)}


def test_a_negative_part_moves_its_like_to_the_end(client: FlaskClient) -> None:
    answer = post(client, query=[{"text": "green"}, {"text": "red", "weight": -0.5}])
    assert (ids(answer)[0], ids(answer)[-1]) == ("green-shirt", "red-dress")


def test_tiny_weights_mix_as_well_as_large_ones(client: FlaskClient) -> None:
    parts = [{"text": "green", "weight": 1e-300}, {"text": "red", "weight": -5e-301}]
    assert ids(post(client, query=parts))[0] == "green-shirt"


@pytest.mark.parametrize("body", [{}, {"query": []}])
def test_no_query_browses_newest_first(client: FlaskClient, body: dict[str, Any]) -> None:
    answer = post(client, **body)
    assert ids(answer) == NEWEST_FIRST
    assert [(item["score"], item["why"]) for item in answer["items"]] == [(None, None)] * len(NEWEST_FIRST)
    assert ids(get(client, "limit=2")) == NEWEST_FIRST[:2]


@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        ({"category": "dresses"}, {"red-dress", "blue-dress"}),
        ({"category": ["dresses", "shirts"]}, {"red-dress", "blue-dress", "green-shirt", "pink/similar"}),
        ({"brand": "Acme", "gender": "women"}, {"red-dress"}),
        ({"category": {"not": ["bags", "shirts"]}}, {"red-dress", "blue-dress"}),
        ({"brand": {"not": "Acme"}, "category": "shirts"}, {"pink/similar"}),
        ({"colour": ["red", "green"]}, {"red-dress", "green-shirt"}),
        ({"price": {"gte": 20, "lte": 40}}, {"red-dress", "green-shirt"}),
        ({"price": {"gt": 20, "lt": 60}}, {"red-dress"}),
        ({"price": {"lte": 0}}, {STRANGE_ID}),
        ({"price": {"gte": 100, "lte": 1}}, set()),
        ({"in_stock": True}, {"red-dress", "green-shirt"}),
        ({"in_stock": False}, {"blue-dress"}),
        ({"category": "no such"}, set()),
    ],
)
def test_a_filter_decides_who_is_counted_and_found(
    client: FlaskClient, filter_: dict[str, Any], expected: set[str]
) -> None:
    for query in ([], [{"text": "red"}]):
        answer = post(client, query=query, filter=filter_)
        assert set(ids(answer)) == expected
        assert answer["total"] == len(expected)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("category=dresses&category=shirts&brand=Acme", {"red-dress", "green-shirt"}),
        ("price_gte=20&price_lte=40.5", {"red-dress", "green-shirt"}),
        ("in_stock=false", {"blue-dress"}),
        ("gender=men&colour=green", {"green-shirt"}),
        ("item_id=red-dress&category=dresses", {"blue-dress"}),
        ("text=red&text=blue&in_stock=true", {"red-dress", "green-shirt"}),
    ],
)
def test_an_address_filters_too(client: FlaskClient, parameters: str, expected: set[str]) -> None:
    assert set(ids(get(client, parameters))) == expected


def test_total_counts_past_the_limit(client: FlaskClient) -> None:
    answer = post(client, query=[{"text": "red"}], limit=2)
    assert (len(answer["items"]), answer["total"]) == (2, len(NEWEST_FIRST))
