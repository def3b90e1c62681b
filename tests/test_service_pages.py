"""The search page: what a person sees, with its state in the address."""

import html
import io
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from service.page.address import Address
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
    assert 'value="green things"' in page and "<title>Green things – Vitrine<" in page


def test_an_empty_box_asks_for_nothing(client: FlaskClient) -> None:
    assert len(shown(client.get("/?text=+").text)) == len(NEWEST_FIRST)


def test_an_item_shows_price_brand_stock_and_a_way_on(client: FlaskClient) -> None:
    page = client.get("/?text=blue&limit=1").text
    assert "€60.00" in page and "Bolt" in page and "Out of stock" in page
    assert 'href="/?text=blue&amp;limit=1&amp;item_id=blue-dress"' in page
    assert 'href="/?text=blue&amp;limit=1&amp;unlike=blue-dress"' in page
    assert 'alt="The blue-dress"' in page
    assert shown(client.get("/?item_id=blue-dress").text).count("blue-dress") == 0
    assert "Out of stock" not in client.get("/?text=red&limit=1").text


def test_an_upload_is_searched(client: FlaskClient) -> None:
    upload = (io.BytesIO(picture_bytes(plain("red"))), "x.png")
    response = client.post("/?category=dresses&fbclid=1", data={"image": upload})
    assert response.status_code == 303
    assert response.location.startswith("/?category=dresses&picture=")
    assert shown(client.get(response.location).text)[0] == "red-dress"


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
    assert "Nothing here passes these filters" in response.text and shown(response.text) == []


def test_text_of_others_is_never_markup(client: FlaskClient) -> None:
    page = client.get("/", query_string={"text": '"><script>alert(1)</script>{{ 7 * 7 }}'}).text
    assert "<script>alert" not in page and "{{ 7 * 7 }}" in page


@pytest.mark.parametrize("name", ["nope.css", "..%2fapp.py", "../app.py", "page.py", "", "%00", "templates"])
def test_only_files_for_pages_have_an_address(client: FlaskClient, name: str) -> None:
    assert client.get(f"/static/{name}").status_code == 404


def test_what_others_add_to_a_shared_address_means_nothing(client: FlaskClient) -> None:
    page = client.get("/?text=green&utm_source=x&fbclid=y").text
    assert shown(page)[0] == "green-shirt"
    assert "utm_source" not in page and "fbclid" not in page


def test_more_like_and_less_like_are_combined_with_words(client: FlaskClient) -> None:
    page = client.get("/?item_id=blue-dress&text=red&unlike=black-bag").text
    assert shown(page)[0] == "red-dress"
    assert not {"blue-dress", "black-bag"} & set(shown(page))
    assert "<b>More like</b> The blue-dress" in page and "<b>Less like</b> The black-bag" in page
    assert 'href="/?text=red&amp;unlike=black-bag"' in page  # without the item


def test_an_item_is_either_more_or_less_wanted() -> None:
    address = Address("/", MultiDict([("unlike", "a"), ("text", "x"), ("nearest", "true"), ("cursor", "c")]))
    assert address.more_like("a") == "/?text=x&item_id=a"
    assert address.less_like("a") == "/?text=x&unlike=a"


def test_a_cursor_that_does_not_fit_into_a_line_is_not_offered() -> None:
    address = Address("/", MultiDict([("text", "x" * 500)]))
    assert address.after("c" * 7_000) is not None
    assert address.after("c" * 7_500) is None


def test_after_the_eighth_item_the_oldest_is_let_go(client: FlaskClient) -> None:
    ids = ["blue-dress", "green-shirt", "black-bag", "yellow-bag", *["pink/similar"] * 4]
    page = client.get("/", query_string={"item_id": ids}).text
    onwards = html.unescape(re.findall(r'class="more" href="([^"]*)"', page)[0])
    assert parse_qs(urlsplit(onwards).query)["item_id"][0] == "green-shirt"
    assert client.get(onwards).status_code == 200


def test_a_mixed_search_is_cut_to_what_is_near_and_all_can_be_seen(client: FlaskClient) -> None:
    page = client.get("/?text=red&item_id=pink/similar")
    assert 0 < len(shown(page.text)) < len(NEWEST_FIRST) - 1
    onwards = re.findall(r'<a href="([^"]*)">See what comes nearest', page.text)[0]
    assert len(shown(client.get(html.unescape(onwards)).text)) == len(NEWEST_FIRST) - 1


def test_what_has_no_field_on_the_page_is_carried_along(client: FlaskClient) -> None:
    page = client.get("/?text=red&text=soft&category_not=bags&in_stock=false&attributes.sleeves=long").text
    carried = re.findall(r'type="hidden" form="search" name="([^"]*)" value="([^"]*)"', page)
    assert set(carried) == {
        ("text", "soft"), ("category_not", "bags"), ("in_stock", "false"), ("attributes.sleeves", "long"),
    }  # fmt: skip
    assert "not bags" in page and "out of stock" in page and "sleeves: long" in page


def test_the_page_loads_nothing_from_elsewhere_but_pictures(client: FlaskClient) -> None:
    response = client.get("/")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    loaded = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="([^"]*)"', response.text)
    assert {address for address in loaded if not address.startswith(("/", "data:"))} == {REMOTE_IMAGE}
    for address in {address for address in loaded if address.startswith("/static/")}:
        with client.get(address) as static:
            assert static.status_code == 200
