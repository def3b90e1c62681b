"""PUT, PATCH, DELETE and the batch over a real service, worker and store: what becomes of a pushed item."""

from typing import Any

import pytest

from catalog.wanted import Wanted
from tests.assertions import assert_problem
from tests.pictures import picture
from tests.pushing import Shop, eventually

pytest_plugins = ["tests.pushing_fixtures"]


def test_a_put_item_is_found_and_embedded_once(pushed: Shop, item_id: str) -> None:
    body = pushed.item("10-250-10", title="Green thing", attributes={"sleeve": "long"})
    ingest = pushed.put(item_id, body)
    assert (ingest["state"], ingest["counts"]) == ("queued", {"queued": 1})
    assert pushed.outcome(ingest)["outcome"] == "embedded"
    vector = pushed.index.item_vector(item_id)
    assert pushed.index.rank(Wanted(vector), {}, 1)[0].item_id == item_id
    answer = pushed.http.get(f"/v1/items/{item_id}").json()
    assert (answer["title"], answer["attributes"]) == ("Green thing", {"sleeve": "long"})
    assert pushed.outcome(pushed.put(item_id, body))["outcome"] == "unchanged"


def test_a_price_is_patched_without_an_embedding(pushed: Shop, item_id: str) -> None:
    pushed.outcome(pushed.put(item_id, pushed.item("1-2-3", attributes={"a": "1", "b": "2"}, brand="Acme")))
    before = pushed.stored(item_id)
    seen = len(pushed.pictures.server.requests)
    changes = {"price": 77.5, "brand": None, "attributes": {"a": None, "c": 3}}
    assert pushed.outcome(pushed.patch(item_id, changes))["outcome"] == "payload_updated"
    after = pushed.stored(item_id)
    assert (after["price"], after["attributes"], "brand" in after) == (77.5, {"b": "2", "c": 3}, False)
    assert after["image_sha256"] == before["image_sha256"]
    assert len(pushed.pictures.server.requests) == seen, "no picture is looked at"
    found = pushed.http.get("/v1/search?category=things&price_gte=77&price_lte=78").json()
    assert [item["id"] for item in found["items"]] == [item_id]


def test_a_put_that_only_changes_the_price_touches_the_payload_alone(pushed: Shop, item_id: str) -> None:
    pushed.outcome(pushed.put(item_id, pushed.item("9-9-9")))
    assert pushed.outcome(pushed.put(item_id, pushed.item("9-9-9", price=11)))["outcome"] == "payload_updated"
    assert pushed.outcome(pushed.put(item_id, pushed.item("8-8-8", price=11)))["outcome"] == "embedded"


def test_a_delete_deletes_and_a_second_one_changes_nothing(pushed: Shop, item_id: str) -> None:
    pushed.outcome(pushed.put(item_id, pushed.item()))
    assert pushed.outcome(pushed.delete(item_id))["outcome"] == "deleted"
    assert_problem(pushed.http.get(f"/v1/items/{item_id}"), 404, "item_not_found")
    assert pushed.outcome(pushed.delete(item_id))["outcome"] == "unchanged"


def test_patching_an_unknown_item_fails_with_its_code(pushed: Shop, item_id: str) -> None:
    outcome = pushed.outcome(pushed.patch(item_id, {"price": 1}))
    assert (outcome["outcome"], outcome["code"]) == ("failed", "item_not_found")
    assert item_id in outcome["detail"]


def test_a_batch_reports_its_bad_operations_and_does_the_others_in_order(pushed: Shop, item_id: str) -> None:
    other = f"{item_id}-other"
    operations = [
        {"op": "put", "item": {"id": item_id, **pushed.item("3-3-3")}},
        {"op": "put", "item": {"id": other, **pushed.item(), "images": ["/etc/passwd"]}},
        {"op": "patch", "id": item_id, "fields": {"price": 5}},
        {"op": "burn", "id": item_id},
        {"op": "patch", "id": item_id, "fields": {"price": 6, "title": "Last"}},
        {"op": "delete", "id": other},
    ]
    response = pushed.http.post("/v1/items/batch?wait=true", json={"operations": operations})
    assert response.status_code == 200, response.text
    answer = response.json()
    assert answer["state"] == "done"
    found = [(one["index"], one["op"], one["id"], one["outcome"]) for one in answer["operations"]]
    assert found == [
        (0, "put", item_id, "embedded"),
        (1, "put", other, "failed"),
        (2, "patch", item_id, "payload_updated"),
        (3, None, item_id, "failed"),
        (4, "patch", item_id, "payload_updated"),
        (5, "delete", other, "unchanged"),
    ]
    assert "images.0" in answer["operations"][1]["detail"]
    assert (pushed.stored(item_id)["price"], pushed.stored(item_id)["title"]) == (6, "Last")
    refused = pushed.http.post("/v1/items/batch", json={"operations": [operations[1], operations[3]]})
    problem = assert_problem(refused, 422, "request_invalid")
    fields = [error["field"] for error in problem["errors"]]
    assert fields == ["operations.0.item.images.0", "operations.1"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"images": ["a.jpg"]}, "images.0"),
        ({"images": ["https://x.example/a.jpg", "data:image/png;base64,AA=="]}, "images.1"),
        ({"images": []}, "images"),
        ({"price": "12"}, "price"),
        ({"title": " "}, "title"),
        ({"colour": "a\x01b"}, "colour"),
        ({"size": 38}, "size"),
        ({"version": "yesterday"}, "version"),
    ],
)
def test_a_bad_item_is_refused_field_by_field(pushed: Shop, change: dict[str, Any], field: str) -> None:
    response = pushed.http.put("/v1/items/bad", json={**pushed.item(), **change})
    problem = assert_problem(response, 422, "request_invalid")
    assert [error["field"] for error in problem["errors"]] == [field]


def test_odd_ids_and_bodies_are_judged(pushed: Shop) -> None:
    assert_problem(pushed.http.put(f"/v1/items/{'x' * 257}", json=pushed.item()), 422, "request_invalid")
    assert_problem(pushed.http.patch("/v1/items/x", json={"version": 3}), 422, "request_invalid")
    assert_problem(pushed.http.patch("/v1/items/x", json={"title": None}), 422, "request_invalid")
    large = {"description": "x" * 1_000_001}
    assert_problem(pushed.http.patch("/v1/items/x", json=large), 413, "body_too_large")
    assert_problem(pushed.http.get("/v1/ingests/unknown"), 404, "ingest_not_found")
    slashes = "a/b//c%2F"
    assert pushed.outcome(pushed.put("a%2Fb%2F%2Fc%252F", pushed.item()))["id"] == slashes
    assert pushed.http.get("/v1/items/a%2Fb%2F%2Fc%252F").json()["id"] == slashes
    assert pushed.outcome(pushed.put("batch", pushed.item()))["id"] == "batch", "an id like any other"
    assert pushed.http.get("/v1/items/batch").json()["id"] == "batch"


def test_one_bad_picture_of_several_costs_no_other(pushed: Shop, item_id: str) -> None:
    images = [pushed.pictures.url("/gone"), pushed.pictures.url("/4-5-6.jpg")]
    outcome = pushed.outcome(pushed.put(item_id, pushed.item(images=images)))
    assert outcome["outcome"] == "embedded"
    assert [problem["code"] for problem in outcome["problems"]] == ["image_http_status"]
    assert [image["source"] for image in pushed.stored(item_id)["images"]] == images[1:]


def test_old_messages_lose_even_after_a_delete(pushed: Shop, item_id: str) -> None:
    def outcome(ingest: dict[str, Any]) -> str:
        return str(pushed.outcome(ingest)["outcome"])

    assert outcome(pushed.put(item_id, pushed.item(price=2, version=20))) == "embedded"
    assert outcome(pushed.put(item_id, pushed.item(price=1, version=19))) == "superseded"
    assert outcome(pushed.patch(item_id, {"price": 3, "version": 20})) == "payload_updated", "not older"
    assert outcome(pushed.delete(item_id, params={"version": 19})) == "superseded"
    assert outcome(pushed.patch(item_id, {"price": 4})) == "payload_updated", "in the order of acceptance"
    assert pushed.stored(item_id)["price"] == 4
    assert outcome(pushed.delete(item_id, params={"version": "30"})) == "deleted"
    assert outcome(pushed.put(item_id, pushed.item(price=1, version=25))) == "superseded"
    assert pushed.stored(item_id) is None
    assert (
        outcome(pushed.put(item_id, pushed.item(price=1, version="1970-01-01T00:00:00.000031Z")))
        == "embedded"
    )


def test_figures_tell_of_the_queue(pushed: Shop) -> None:
    eventually(lambda: pushed.http.get("/v1/stats").json()["writes"]["queued"] == 0)
    metrics = pushed.http.get("/metrics").text
    assert "vitrine_queued_writes 0.0" in metrics
    assert "vitrine_oldest_queued_write_seconds 0.0" in metrics
    assert "vitrine_dead_letters " in metrics


def test_what_was_put_looks_like_its_picture(pushed: Shop, encoder: Any, item_id: str) -> None:
    pushed.outcome(pushed.put(item_id, pushed.item("250-250-0")))
    vector = encoder.encode_images([picture((250, 250, 0))])[0]
    assert pushed.index.rank(Wanted(vector), {}, 1)[0].item_id == item_id
