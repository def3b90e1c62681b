"""Errors of every class become problem documents, nothing internal leaves, and every request is logged."""

import inspect
import logging
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from catalog import errors as catalog_errors
from catalog.errors import CatalogError
from catalog.index import ItemIndex
from service.app import create_app
from service.errors import TABLE, RequestError
from tests.assertions import assert_problem
from tests.service_doubles import ColourEncoder
from tests.service_shop import settings_for

pytest_plugins = ["tests.service_fixtures"]

SECRET = "http://user:secret@store.internal:6333"  # noqa: S105 - guards nothing


@pytest.fixture
def raising(shop_index: ItemIndex, colours: ColourEncoder) -> FlaskClient:
    """A client of an app with a route /raise/<name> that raises what `raising.application.raised` holds."""
    app = create_app(settings_for("http://127.0.0.1:9"), colours, shop_index)

    @app.get("/raise")
    def raise_() -> str:
        raise app.extensions["raised"]

    return app.test_client()


def answer_to(client: FlaskClient, error: Exception) -> object:
    client.application.extensions["raised"] = error
    return client.get("/raise")


def _subclasses(base: type[Exception]) -> list[type[Exception]]:
    return [each for sub in base.__subclasses__() for each in (sub, *_subclasses(sub))]


def test_every_error_has_its_row_before_that_of_its_base() -> None:
    classes = [class_ for class_, _ in TABLE]
    # FieldFailed stands for its cause; a wrong setting stops the start, and no request meets it.
    elsewhere = {"FieldFailed", "SettingInvalid"}
    for class_ in [*_subclasses(CatalogError), *_subclasses(RequestError)]:
        if class_.__module__ in ("catalog.errors", "service.errors") and class_.__name__ not in elsewhere:
            assert issubclass(class_, tuple(classes)), f"{class_.__name__} is in no row"
    for number, class_ in enumerate(classes):
        assert not any(issubclass(class_, base) for base in classes[:number]), f"{class_} is never reached"


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("EncoderUnavailable", 503),
        ("ModelMismatch", 409),
        ("IndexUnavailable", 503),
        ("IndexTimeout", 504),
        ("IndexRefused", 502),
    ],
)
def test_a_fault_of_ours_is_told_without_its_text(
    raising: FlaskClient, caplog: pytest.LogCaptureFixture, name: str, status: int
) -> None:
    error_class = dict(inspect.getmembers(catalog_errors))[name]
    response = answer_to(raising, error_class(f"at {SECRET}"))
    problem = assert_problem(response, status, error_class.code)
    assert "secret" not in response.text
    assert any(SECRET in line and problem["request_id"] in line for line in caplog.messages)


def test_an_unknown_exception_is_told_without_its_text_and_logged_whole(
    raising: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    response = answer_to(raising, ZeroDivisionError(f"at {SECRET}"))
    problem = assert_problem(response, 500, "internal_error")
    assert "secret" not in response.text and "Zero" not in response.text
    (record,) = [record for record in caplog.records if record.exc_info]
    assert problem["request_id"] in record.getMessage()
    assert "ZeroDivisionError" in str(record.exc_text or record.exc_info)


def test_a_catalog_error_without_a_row_is_an_internal_one(raising: FlaskClient) -> None:
    response = answer_to(raising, catalog_errors.SettingInvalid(f"QDRANT_URL: {SECRET}"))
    assert_problem(response, 500, "internal_error")
    assert "secret" not in response.text


def test_an_unknown_address_is_a_problem(client: FlaskClient) -> None:
    assert_problem(client.get("/v2/search"), 404, "not_found")
    assert_problem(client.get("/v1/items/"), 404, "not_found")


def test_a_wrong_method_is_a_problem_that_says_which_are_allowed(client: FlaskClient) -> None:
    response = client.delete("/v1/search")
    assert_problem(response, 405, "method_not_allowed")
    assert set(response.headers["Allow"].split(", ")) >= {"GET", "POST"}


def test_a_request_id_is_taken_over_and_sent_back(client: FlaskClient) -> None:
    response = client.get("/v1/search", headers={"X-Request-ID": "shop-1.a_B"})
    assert response.headers["X-Request-ID"] == response.json["request_id"] == "shop-1.a_B"


@pytest.mark.parametrize("sent", ["", "a b", "x" * 65, "ü", "a;b", "{}", "a/b"])
def test_a_request_id_that_could_forge_a_log_is_replaced(client: FlaskClient, sent: str) -> None:
    response = client.get("/healthz", headers={"X-Request-ID": sent})
    assert re.fullmatch("[0-9a-f]{32}", response.headers["X-Request-ID"])


def test_every_request_has_one_line_in_the_log(shop: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "service.request_log"):
        shop.test_client().get("/v1/items/a%0Ab%20c?x=1", headers={"X-Request-ID": "r1"})
    (line,) = [record.getMessage() for record in caplog.records if record.name == "service.request_log"]
    assert re.fullmatch(
        r"request: method=GET path=/v1/items/a%0Ab%20c status=404 ms=\d+\.\d request_id=r1", line
    )
