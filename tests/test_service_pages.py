"""The search page: what a person sees, with its state in the address."""

import io
import re

import pytest
from flask.testing import FlaskClient

from tests.service_doubles import picture_bytes, plain
from tests.service_shop import NEWEST_FIRST, REMOTE_IMAGE

pytest_plugins = ["tests.service_fixtures"]


def shown(page: str) -> list[str]:
    return re.findall(r"<h2>(?:<a [^>]*>)?The ([^<]*)<", page)


def test_the_first_page_shows_what_is_new(client: FlaskClient) -> None:
    response = client.get("/")
    assert response.status_code == 200 and response.mimetype == "text/html"
    assert len(shown(response.text)) == len(NEWEST_FIRST)
    assert shown(response.text)[0] == "pink/similar"


def test_a_search_stands_in_its_address(client: FlaskClient) -> None:
    page = client.get("/?text=green+things").text
    assert shown(page)[0] == "green-shirt"
    assert 'value="green things"' in page and "<title>green things" in page


def test_an_empty_box_asks_for_nothing(client: FlaskClient) -> None:
    assert len(shown(client.get("/?text=+").text)) == len(NEWEST_FIRST)


def test_an_item_shows_price_brand_stock_and_a_way_on(client: FlaskClient) -> None:
    page = client.get("/?text=blue&limit=1").text
    assert "60.00 EUR" in page and "Bolt" in page and "Out of stock" in page
    assert 'href="/?item_id=blue-dress"' in page
    assert 'alt="The blue-dress"' in page
    assert shown(client.get("/?item_id=blue-dress").text).count("blue-dress") == 0
    assert "Out of stock" not in client.get("/?text=red&limit=1").text


def test_an_upload_is_searched(client: FlaskClient) -> None:
    upload = (io.BytesIO(picture_bytes(plain("red"))), "x.png")
    response = client.post("/", data={"image": upload})
    assert response.status_code == 200
    assert shown(response.text)[0] == "red-dress"


@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_a_bad_upload_is_told_on_the_page(client: FlaskClient, content: bytes) -> None:
    response = client.post("/", data={"image": (io.BytesIO(content), "x.png")})
    assert response.status_code == 415 and response.mimetype == "text/html"
    assert "Not a picture" in response.text


def test_an_upload_over_the_limit_is_told_on_the_page(client: FlaskClient) -> None:
    response = client.post("/", data={"image": (io.BytesIO(b"x" * 400_000), "x.png")})
    assert response.status_code == 413 and response.mimetype == "text/html"


def test_a_bad_parameter_is_told_on_the_page(client: FlaskClient) -> None:
    response = client.get("/?limit=many")
    assert response.status_code == 422 and "limit: Input should be a valid integer" in response.text


def test_no_answer_is_an_empty_state_with_a_way_back(client: FlaskClient) -> None:
    response = client.get("/?text=red&category=hats")
    assert response.status_code == 200
    assert "Nothing here matches that" in response.text and shown(response.text) == []


def test_text_of_others_is_never_markup(client: FlaskClient) -> None:
    page = client.get("/", query_string={"text": '"><script>alert(1)</script>{{ 7 * 7 }}'}).text
    assert "<script>alert" not in page and "{{ 7 * 7 }}" in page


def test_the_page_loads_nothing_from_elsewhere_but_pictures(client: FlaskClient) -> None:
    response = client.get("/")
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    loaded = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="([^"]*)"', response.text)
    assert {address for address in loaded if not address.startswith(("/", "data:"))} == {REMOTE_IMAGE}
    for address in ("/static/page.css", "/static/page.js"):
        with client.get(address) as static:
            assert static.status_code == 200 and address in loaded
