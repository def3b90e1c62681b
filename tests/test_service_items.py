"""One item and what is similar to it, by ids of every kind."""

from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from tests.assertions import assert_problem
from tests.service_shop import NEWEST_FIRST, STRANGE_ID

pytest_plugins = ["tests.service_fixtures"]


def test_an_item_is_answered_whole(client: FlaskClient) -> None:
    item = client.get("/v1/items/blue-dress").json
    assert (item["id"], item["title"], item["in_stock"], item["price"]) == (
        "blue-dress", "The blue-dress", False, 60.0,
    )  # fmt: skip
    assert [image["position"] for image in item["images"]] == [0, 1]
    assert item["image"] == item["images"][0]["url"]
    assert item["updated_at"] == "2024-05-02T00:00:00.000+00:00"
    assert item["description"] is None


@pytest.mark.parametrize("item_id", [STRANGE_ID, "pink/similar"])
def test_an_id_may_hold_anything_when_it_is_percent_encoded(client: FlaskClient, item_id: str) -> None:
    path = f"/v1/items/{quote(item_id, safe='')}"
    assert client.get(path).json["id"] == item_id
    similar = client.get(f"{path}/similar").json
    assert item_id not in [item["id"] for item in similar["items"]]
    assert similar["total"] == len(NEWEST_FIRST) - 1


def test_slashes_of_an_id_may_stay_as_they_are(client: FlaskClient) -> None:
    assert client.get(f"/v1/items/{quote(STRANGE_ID, safe='/')}").json["id"] == STRANGE_ID


@pytest.mark.parametrize(
    "item_id", ["gone", "/", "//", "red-dress/", " red-dress", "..", "%", "x" * 3000, "\n", "\0", " ", "%FF"]
)
def test_an_unknown_id_is_not_found(client: FlaskClient, item_id: str) -> None:
    path = f"/v1/items/{quote(item_id, safe='')}"
    assert_problem(client.get(path), 404, "item_not_found")
    assert_problem(client.get(f"{path}/similar"), 404, "item_not_found")


def test_bytes_that_are_no_text_are_not_found(client: FlaskClient) -> None:
    assert_problem(client.get("/v1/items/%FF%FE"), 404, "item_not_found")


def test_similar_items_pass_the_filter(client: FlaskClient) -> None:
    answer = client.get("/v1/items/red-dress/similar?category=dresses&category=bags&limit=3").json
    assert len(answer["items"]) == 3 and answer["total"] == 4
    assert {item["category"] for item in answer["items"]} <= {"dresses", "bags"}
    assert answer["items"][0]["score"] is not None


@pytest.mark.parametrize("parameters", ["text=red", "limit=0", "price_gte=nan", "offset=1"])
def test_similar_refuses_what_it_does_not_know(client: FlaskClient, parameters: str) -> None:
    problem = assert_problem(client.get(f"/v1/items/red-dress/similar?{parameters}"), 422, "request_invalid")
    assert problem["errors"][0]["field"] == parameters.split("=")[0]
