"""Searches that are refused: each names the field and says what it should be."""

import io
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.assertions import assert_problem
from tests.service_doubles import picture_bytes, plain

pytest_plugins = ["tests.service_fixtures"]

KNOWN = (
    "known here: filter, limit, cursor, facets, diversity, fold_duplicates, query, mode,"
    " include_query_items, min_score, confident_only"
)


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({"limit": "5"}, "limit", "valid integer"),
        ({"limit": 5.5}, "limit", "valid integer"),
        ({"limit": 101.0}, "limit", "less than or equal to 100"),
        ({"limit": True}, "limit", "valid integer"),
        ({"limit": None}, "limit", "valid integer"),
        ({"limit": 0}, "limit", "greater than or equal to 1"),
        ({"limit": 101}, "limit", "less than or equal to 100"),
        ({"limt": 5}, "limt", KNOWN),
        ({"cursor": 5}, "cursor", "valid string"),
        ({"cursor": ""}, "cursor", "at least 1 character"),
        ({"facets": "brand"}, "facets", "valid list"),
        ({"facets": ["colour", "size"]}, "facets.1", "known here: category, brand, colour, gender, in_stock"),
        ({"facets": ["attributes."]}, "facets.0", "attributes.<name>"),
        ({"facets": ["brand"] * 21}, "facets", "at most 20 items"),
        ({"mode": "both"}, "mode", "'vector', 'keyword' or 'hybrid'"),
        ({"mode": "keyword"}, "body", "mode keyword needs a text of positive weight"),
        ({"mode": "keyword", "query": [{"item_id": "a"}]}, "body", "needs a text"),
        ({"mode": "keyword", "query": [{"text": "a", "weight": -1}]}, "body", "needs a text"),
        ({"diversity": 1.1}, "diversity", "less than or equal to 1"),
        ({"diversity": -0.1}, "diversity", "greater than or equal to 0"),
        ({"diversity": "0.1"}, "diversity", "valid number"),
        ({"fold_duplicates": 1}, "fold_duplicates", "valid boolean"),
        ({"min_score": "high"}, "min_score", "valid number"),
        ({"confident_only": "yes"}, "confident_only", "valid boolean"),
        ({"include_query_items": "yes"}, "include_query_items", "valid boolean"),
        ({"query": "red"}, "query", "valid list"),
        ({"query": ["red"]}, "query.0", "object"),
        ({"query": [{}]}, "query.0", "exactly one of text, item_id, image"),
        ({"query": [{"weight": 1}]}, "query.0", "exactly one of text, item_id, image"),
        ({"query": [{"text": "a", "item_id": "b"}]}, "query.0", "exactly one"),
        ({"query": [{"text": "a"}, {"txt": "b"}]}, "query.1.txt", "known here: text, item_id, image, weight"),
        ({"query": [{"text": 5}]}, "query.0.text", "valid string"),
        ({"query": [{"text": ""}]}, "query.0.text", "at least 1 character"),
        ({"query": [{"text": " \n "}]}, "query.0.text", "at least 1 character"),
        ({"query": [{"text": "x" * 10_000}]}, "query.0.text", "at most 512 characters"),
        ({"query": [{"text": "a", "weight": 0}]}, "query.0.weight", "no effect"),
        ({"query": [{"text": "a", "weight": "1"}]}, "query.0.weight", "valid number"),
        ({"query": [{"text": "a", "weight": True}]}, "query.0.weight", "valid number"),
        ({"query": [{"text": "a", "weight": 1e9}]}, "query.0.weight", "less than or equal to 100"),
        ({"query": [{"text": "a"}] * 17}, "query", "at most 16 items"),
        ({"query": [{"item_id": "x" * 257}]}, "query.0.item_id", "at most 256 characters"),
        ({"query": [{"item_id": 7}]}, "query.0.item_id", "valid string"),
        ({"query": [{"image": "not base64!"}]}, "query.0.image", "base64"),
        ({"query": [{"image": "äöü"}]}, "query.0.image", "base64"),
        ({"query": [{"image": 5}]}, "query.0.image", "base64"),
        ({"filter": []}, "filter", "object"),
        ({"filter": {"categry": "x"}}, "filter.categry", "known here: category, brand, colour, gender"),
        ({"filter": {"attributes.": "summer"}}, "filter.attributes.", "known here: category"),
        ({"filter": {"attributes.size": {}}}, "filter.attributes.size", "at least one of gte"),
        ({"filter": {"category": 5}}, "filter.category", 'a text, a list of texts or {"not": ...}'),
        ({"filter": {"category": []}}, "filter.category", "at least 1 item"),
        ({"filter": {"category": [1]}}, "filter.category.0", "valid string"),
        ({"filter": {"brand": {"not": 5}}}, "filter.brand.not", "a text or a list of texts"),
        ({"filter": {"brand": {"no": "x"}}}, "filter.brand.no", "known here: not"),
        ({"filter": {"price": 5}}, "filter.price", "object"),
        ({"filter": {"price": {}}}, "filter.price", "at least one of gte, lte, gt, lt"),
        ({"filter": {"price": {"gte": "5"}}}, "filter.price.gte", "valid number"),
        ({"filter": {"price": {"min": 5}}}, "filter.price.min", "known here: gte, lte, gt, lt"),
        ({"filter": {"in_stock": 1}}, "filter.in_stock", "valid boolean"),
        ([], "body", "object"),
        ("red", "body", "object"),
    ],
)  # fmt: skip
def test_a_bad_field_is_named(client: FlaskClient, body: Any, field: str, message: str) -> None:
    problem = assert_problem(client.post("/v1/search", json=body), 422, "request_invalid")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert message in problem["errors"][0]["message"]


def test_every_bad_field_is_named_at_once(client: FlaskClient) -> None:
    body = {"query": [{"text": 1}, {"image": "?"}], "filter": {"price": {"gte": "a", "lt": "b"}}, "limit": 0}
    problem = assert_problem(client.post("/v1/search", json=body), 422, "request_invalid")
    assert {error["field"] for error in problem["errors"]} == {
        "query.0.text", "query.1.image", "filter.price.gte", "filter.price.lt", "limit",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ("limit=many", "limit"),
        ("limit=0", "limit"),
        ("limit=1&limit=2", "limit"),
        ("price_gte=nan", "price_gte"),
        ("price_lte=Infinity", "price_lte"),
        ("price_gte=", "price_gte"),
        ("price_lte=1e999", "price_lte"),
        ("in_stock=perhaps", "in_stock"),
        ("text=", "text.0"),
        (f"text={'x' * 513}", "text.0"),
        ("text=a&" * 9, "text"),
        ("category=", "category.0"),
        ("q=red", "q"),
        ("cursor=", "cursor"),
        ("cursor=a&cursor=b", "cursor"),
    ],
)
def test_a_bad_parameter_is_named(client: FlaskClient, parameters: str, field: str) -> None:
    problem = assert_problem(client.get(f"/v1/search?{parameters}"), 422, "request_invalid")
    assert [error["field"] for error in problem["errors"]] == [field]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'query': []}",
        b'{"limit": NaN}',
        b'{"query": [{"text": "a", "weight": Infinity}]}',
        b'{"query": [{"text": "\xff"}]}',
        b'{"query": [{"text": "\\ud800"}]}',
        b"[" * 5000,
    ],
)
def test_a_body_that_is_not_json_is_malformed(client: FlaskClient, body: bytes) -> None:
    response = client.post("/v1/search", data=body, content_type="application/json")
    assert_problem(response, 400, "malformed_json")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "image/png", ""])
def test_another_content_type_is_refused(client: FlaskClient, content_type: str) -> None:
    response = client.post("/v1/search", data=b"{}", content_type=content_type)
    assert_problem(response, 415, "unsupported_media_type")


def test_parts_that_cancel_out_are_refused(client: FlaskClient) -> None:
    parts = [{"text": "red", "weight": 0.3}, {"text": "red", "weight": -0.3}]
    assert_problem(client.post("/v1/search", json={"query": parts}), 422, "query_cancels_out")


def test_an_item_that_is_not_there_is_not_found(client: FlaskClient) -> None:
    response = client.post("/v1/search", json={"query": [{"text": "red"}, {"item_id": "gone"}]})
    assert "'gone'" in assert_problem(response, 404, "item_not_found")["detail"]


def _file(content: bytes | None = None) -> tuple[io.BytesIO, str]:
    return io.BytesIO(picture_bytes(plain("red")) if content is None else content), "x.png"


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"request": "{}"}, "image"),
        ({"image": "text, not a file"}, "image"),
        ({"image": ["a file", "another"]}, "image"),
        ({"image": "a file", "picture": "a file"}, "picture"),
        ({"image": "a file", "text": "red"}, "text"),
        ({"image": "a file", "request": '{"limit": "5"}'}, "limit"),
        ({"image": "a file", "request": ["{}", "{}"]}, "request"),
    ],
)
def test_a_bad_field_of_a_form_is_named(client: FlaskClient, form: dict[str, Any], field: str) -> None:
    def filled(value: Any) -> Any:
        if isinstance(value, list):
            return [filled(each) for each in value]
        return _file() if value in ("a file", "another") else value

    sent = {name: filled(value) for name, value in form.items()}
    response = client.post("/v1/search", data=sent, content_type="multipart/form-data")
    problem = assert_problem(response, 422, "request_invalid")
    assert field in [error["field"] for error in problem["errors"]]


def test_malformed_json_in_a_form_is_malformed(client: FlaskClient) -> None:
    response = client.post("/v1/search", data={"image": _file(), "request": "{"})
    assert_problem(response, 400, "malformed_json")


@pytest.mark.parametrize("text", ["x\u0000y", "\u202e", "🙂" * 512, "' OR 1=1 --", "<script>", "{{7*7}}"])
def test_odd_characters_are_only_text(client: FlaskClient, text: str) -> None:
    assert client.post("/v1/search", json={"query": [{"text": text}]}).status_code == 200
    assert client.get("/v1/search", query_string={"text": text}).status_code == 200
