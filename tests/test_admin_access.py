"""Who gets to /admin: signing in by a form, what its cookie is worth, and forms that other sites send."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from werkzeug.test import TestResponse

from catalog.api_keys import ApiKey
from catalog.index import ItemIndex
from service import session
from tests.service_doubles import ColourEncoder
from tests.service_keys import API_KEYS, ELSEWHERE, KEYS, app_with, bearer

pytest_plugins = ["tests.service_fixtures"]


@pytest.fixture
def keyed(shop_index: ItemIndex, colours: ColourEncoder) -> Flask:
    return app_with(shop_index, colours, api_keys=API_KEYS)


def sign_in(client: FlaskClient, key: str = KEYS["admin"], **options: Any) -> TestResponse:
    return client.post("/admin/sign-in", data={"key": key}, **options)


def cookie_of(response: TestResponse) -> str:
    (cookie,) = response.headers.getlist("Set-Cookie")
    return cookie


def token_in(page: TestResponse) -> str:
    match = re.search(r'name="token" value="([^"]+)"', page.text)
    assert match, page.text
    return match[1]


def test_without_a_key_one_is_asked_to_sign_in(keyed: Flask) -> None:
    page = keyed.test_client().get("/admin")
    assert page.status_code == 401 and page.mimetype == "text/html"
    assert '<input id="key" name="key" type="password"' in page.text and "shop-colours-1" not in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_an_admin_key_signs_in_and_out(keyed: Flask) -> None:
    client = keyed.test_client()
    signed = sign_in(client)
    assert (signed.status_code, signed.headers["Location"]) == (303, "/admin")
    assert KEYS["admin"] not in str(signed.headers)
    cookie = cookie_of(signed)
    for attribute in ("HttpOnly", "SameSite=Strict", "Path=/admin", f"Max-Age={session.LIFE_S}"):
        assert attribute in cookie
    assert "Secure" not in cookie
    page = client.get("/admin")
    assert page.status_code == 200 and "shop-colours-1" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    out = client.post("/admin/sign-out", data={"token": token_in(page)})
    assert out.status_code == 303 and "Max-Age=0" in cookie_of(out)
    assert client.get("/admin").status_code == 401


def test_over_tls_the_cookie_is_secure(shop_index: ItemIndex, colours: ColourEncoder) -> None:
    client = app_with(shop_index, colours, api_keys=API_KEYS, trusted_proxies=1).test_client()
    assert "Secure" in cookie_of(sign_in(client, headers={"X-Forwarded-Proto": "https"}))


def test_a_wrong_key_and_one_without_the_scope_get_no_cookie(keyed: Flask) -> None:
    client = keyed.test_client()
    wrong = sign_in(client, "wrong-0123456789abcdef")
    assert wrong.status_code == 401 and "not known here" in wrong.text and 'name="key"' in wrong.text
    lacking = sign_in(client, KEYS["search"])
    assert lacking.status_code == 403 and "lacks the scope" in lacking.text
    for refused in (wrong, lacking):
        assert "Set-Cookie" not in refused.headers and "0123456789abcdef" not in refused.text
    assert client.get("/admin", headers=bearer(KEYS["write"])).status_code == 403
    assert client.get("/admin", headers=bearer(KEYS["admin"])).status_code == 200
    # A key that is sent counts, whatever the cookie.
    sign_in(client)
    assert client.get("/admin", headers=bearer("wrong-0123456789abcdef")).status_code == 401


def test_the_cookie_is_good_at_every_worker_until_its_key_is_withdrawn(
    keyed: Flask, shop_index: ItemIndex, colours: ColourEncoder
) -> None:
    cookie = {"Cookie": cookie_of(sign_in(keyed.test_client())).split(";")[0]}
    other = app_with(shop_index, colours, api_keys=f"search:another-0123456789,{API_KEYS}")
    assert other.test_client(use_cookies=False).get("/admin", headers=cookie).status_code == 200
    without = API_KEYS.replace(KEYS["admin"], "admin-fedcba9876543210")
    withdrawn = app_with(shop_index, colours, api_keys=without).test_client(use_cookies=False)
    assert withdrawn.get("/admin", headers=cookie).status_code == 401
    demoted = app_with(shop_index, colours, api_keys=f"search:{KEYS['admin']}").test_client(use_cookies=False)
    assert demoted.get("/admin", headers=cookie).status_code == 403


def test_a_forged_or_an_old_cookie_is_worth_nothing(keyed: Flask) -> None:
    (admin,) = (key for key in keyed.extensions["api_keys"] if key.allows("write") and key.allows("search"))
    assert status_with(keyed, serialized(admin, 0)) == 200
    assert status_with(keyed, serialized(admin, session.LIFE_S - 60)) == 200
    assert status_with(keyed, serialized(admin, session.LIFE_S + 60)) == 401
    good = serialized(admin, 0)
    for forged in (good[:-2], good + "x", "x" + good, "", "a.b.c", serialized(None, 0)):
        assert status_with(keyed, forged) == 401


def serialized(key: ApiKey | None, age_s: int) -> str:
    """The cookie as it was made so long ago."""

    class Old(TimestampSigner):
        def get_timestamp(self) -> int:
            return super().get_timestamp() - age_s

    ours = session._serializer(key)
    made = URLSafeTimedSerializer(ours.secret_keys[-1], signer=Old, signer_kwargs=ours.signer_kwargs)
    return str(made.dumps("some-token"))


def status_with(app: Flask, cookie: str) -> int:
    headers = {"Cookie": f"{session.COOKIE}={cookie}"}
    return app.test_client(use_cookies=False).get("/admin", headers=headers).status_code


def test_the_cookie_opens_nothing_but_the_page(keyed: Flask) -> None:
    headers = {"Cookie": cookie_of(sign_in(keyed.test_client())).split(";")[0]}
    client = keyed.test_client(use_cookies=False)
    assert client.get("/admin", headers=headers).status_code == 200
    assert client.get("/metrics", headers=headers).status_code == 401
    assert client.get("/v1/search", headers=headers).status_code == 401
    assert client.delete("/v1/items/red-dress", headers=headers).status_code == 401


@pytest.mark.parametrize("path", ["/admin/dead-letters", "/admin/sign-out"])
def test_a_form_of_another_site_is_refused(keyed: Flask, path: str) -> None:
    client = keyed.test_client()
    sign_in(client)
    token = token_in(client.get("/admin"))
    for data in ({}, {"token": ""}, {"token": "x" + token}, {"token": "ä"}):
        assert client.post(path, data=data).status_code == 403
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
                    {"Origin": "https://evil.example"}, {"Origin": "null"}):  # fmt: skip
        refused = client.post(path, data={"token": token}, headers=headers)
        assert refused.status_code == 403 and "not sent from a page of this session" in refused.text
    own = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}
    assert client.post(path, data={"token": token}, headers=own).status_code == 303


def test_a_token_of_another_session_is_refused(keyed: Flask) -> None:
    mine, theirs = keyed.test_client(), keyed.test_client()
    sign_in(mine)
    sign_in(theirs)
    token = token_in(theirs.get("/admin"))
    assert mine.post("/admin/dead-letters", data={"token": token}).status_code == 403
    # A program sends its key instead.
    program = keyed.test_client().post("/admin/dead-letters", headers=bearer(KEYS["admin"]))
    assert program.status_code == 303


def test_without_keys_the_page_is_open_on_this_machine_and_its_forms_are_not(client: FlaskClient) -> None:
    page = client.get("/admin")
    assert page.status_code == 200 and "Sign out" not in page.text
    elsewhere = client.get("/admin", environ_overrides=ELSEWHERE)
    assert elsewhere.status_code == 401 and 'name="key"' not in elsewhere.text
    assert client.post("/admin/dead-letters").status_code == 403
    assert client.post("/admin/sign-in").status_code == 303


def test_guessing_has_a_limit_of_its_own(shop_index: ItemIndex, colours: ColourEncoder) -> None:
    client = app_with(shop_index, colours, api_keys=API_KEYS, rate_limit="off").test_client()
    answers = [sign_in(client, f"guess-{n}-0123456789").status_code for n in range(12)]
    assert answers == [401] * 10 + [429] * 2
    late = sign_in(client)
    assert late.status_code == 429 and "Set-Cookie" not in late.headers and int(late.headers["Retry-After"])
    assert client.get("/admin", headers=bearer(KEYS["admin"])).status_code == 200


def test_a_long_form_is_refused(keyed: Flask) -> None:
    assert sign_in(keyed.test_client(), "x" * 100_000).status_code == 413
