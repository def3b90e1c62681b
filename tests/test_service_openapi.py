"""/openapi.json and /docs: valid, complete, and of this server alone."""

import re
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator

from catalog.index import ItemIndex
from service.openapi import documented_routes, path_of
from service.operations import operation_of
from service.parameters import ListingParameters, SearchParameters
from service.schemas import SearchRequest
from tests.service_doubles import ColourEncoder
from tests.service_keys import API_KEYS, app_with

pytest_plugins = ["tests.service_fixtures"]

# Pages for people and their files; every other route is part of the API.
PAGES = {
    "pages.search_page",
    "pages.upload_page",
    "static_files.static_file",
    "docs.docs_page",
    "docs.docs_file",
}
PAGES |= {"admin.operator_page", "admin.actions.settle_dead_letters"}
PAGES |= {"admin.sessions.sign_in", "admin.sessions.sign_out"}


@pytest.fixture(scope="module")
def document(shop: Flask) -> dict[str, Any]:
    response = shop.test_client().get("/openapi.json")
    assert response.status_code == 200 and response.mimetype == "application/json"
    return dict(orjson.loads(response.data))


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_route_is_documented(shop: Flask, document: dict[str, Any]) -> None:
    with shop.app_context():
        for rule in shop.url_map.iter_rules():
            declared = operation_of(rule.endpoint)
            assert declared is not None, f"{rule.endpoint} has no @operation"
            assert declared.documented != (rule.endpoint in PAGES), rule.endpoint
    for rule, _ in documented_routes(shop):
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            written = document["paths"][path_of(rule)][method.lower()]
            assert written["summary"], f"{rule.endpoint} has no docstring"
            for name in rule.arguments:
                assert name in [each["name"] for each in written["parameters"] if each["in"] == "path"]


def test_the_models_that_validate_are_the_ones_that_are_documented(document: dict[str, Any]) -> None:
    search = document["paths"]["/v1/search"]
    assert names(search["get"]) == set(SearchParameters.model_fields)
    assert names(document["paths"]["/v1/items/{item_id}/similar"]["get"]) == set(
        ListingParameters.model_fields
    )
    request = document["components"]["schemas"]["SearchRequest"]
    assert set(request["properties"]) == set(SearchRequest.model_fields)
    assert request["additionalProperties"] is False
    bodies = search["post"]["requestBody"]["content"]
    assert set(bodies) == {"application/json", "multipart/form-data"}
    assert set(bodies["multipart/form-data"]["schema"]["properties"]) == {"image", "request"}


def names(written: dict[str, Any]) -> set[str]:
    return {each["name"] for each in written["parameters"] if each["in"] == "query"}


def test_problems_are_documented_with_their_codes(document: dict[str, Any]) -> None:
    answers = document["paths"]["/v1/search"]["post"]["responses"]
    assert codes(answers["422"]) >= {"request_invalid", "image_undecodable", "query_cancels_out"}
    assert codes(answers["415"]) == {"image_not_an_image", "unsupported_media_type"}
    assert codes(answers["429"]) == {"rate_limited"} and "Retry-After" in answers["429"]["headers"]
    assert codes(answers["401"]) == {"key_missing", "key_invalid"}
    assert codes(answers["503"]) == {
        "encoder_unavailable",
        "index_empty",
        "index_unavailable",
        "out_of_memory",
        "overloaded",
    }
    assert codes(document["paths"]["/healthz"]["get"]["responses"]["500"]) == {"internal_error"}
    assert set(document["paths"]["/healthz"]["get"]["responses"]) == {"200", "500", "503"}
    assert codes(document["paths"]["/healthz"]["get"]["responses"]["503"]) == {"out_of_memory"}


def codes(answer: dict[str, Any]) -> set[str]:
    return set(
        answer["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"]["code"]["enum"]
    )


def test_keys_are_asked_for_where_there_are_some(
    document: dict[str, Any], shop_index: ItemIndex, colours: ColourEncoder
) -> None:
    client = app_with(shop_index, colours, api_keys=API_KEYS).test_client()
    keyed = client.get("/openapi.json").json
    assert keyed["paths"]["/v1/search"]["get"]["security"] == [{"key": ["search"]}]
    assert keyed["paths"]["/metrics"]["get"]["security"] == [{"key": ["admin"]}]
    assert "security" not in keyed["paths"]["/healthz"]["get"]
    assert "security" not in document["paths"]["/v1/search"]["get"]


def test_the_page_loads_nothing_from_elsewhere(client: FlaskClient) -> None:
    page = client.get("/docs")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    loaded = re.findall(r'(?:src|href|data-document)="([^"]*)"', page.text)
    assert "<script>" not in page.text and "style=" not in page.text
    for address in loaded:
        assert address.startswith(("/", "data:"))
        if address.startswith("/"):
            assert client.get(address).status_code == 200
