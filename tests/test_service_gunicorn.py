"""gunicorn itself, with its configuration, the bundled model and a real store, over real sockets."""

import http.server
import json
import socket
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from catalog.collection import connect
from catalog.encoder import Encoder
from catalog.index import ItemIndex
from tests.pictures import encoded, picture
from tests.processes import free_port, run_program, running, wait_until_ready
from tests.service_doubles import plain
from tests.service_shop import SHOP, fill, settings_for

ALIAS = "gunicorn-tests"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Any
    body: Any


@dataclass(frozen=True)
class Web:
    url: str
    log: Path

    def ask(self, path: str, body: bytes | None = None, **headers: str) -> Answer:
        request = urllib.request.Request(f"{self.url}{path}", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return Answer(response.status, response.headers, json.loads(response.read()))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, json.loads(error.read()))

    def search(self, text: str) -> Answer:
        return self.ask(f"/v1/search?{urllib.parse.urlencode({'text': text})}")


@pytest.fixture(scope="module")
def web(store_url: str, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    writer = connect(settings_for(store_url))
    fill(ItemIndex(writer, store_url, ALIAS, encoder), encoder, SHOP)
    writer.close()
    port = free_port()
    environ = {"PORT": str(port), "QDRANT_URL": store_url, "INDEX_ALIAS": ALIAS, "WEB_CONCURRENCY": "1"}
    log = tmp_path_factory.mktemp("gunicorn") / "web.log"
    with running("-m", "gunicorn", log=log, environ=environ) as process:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(f"{url}/readyz", process)
        yield Web(url, log)


def test_words_are_searched(web: Web) -> None:
    answer = web.search("red")
    assert answer.status == 200
    assert answer.body["model"] == "compact"
    assert len(answer.body["items"]) == len(SHOP)
    assert answer.body["took_ms"]["encode"] > 0


def test_the_model_is_loaded_before_the_first_request(web: Web) -> None:
    log = web.log.read_text()
    assert 0 <= log.find("encoder loaded: model=compact") < log.find("request: method=GET")


def test_an_upload_is_searched(web: Web) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
    body = head + encoded(picture()) + b"\r\n--x--\r\n"
    answer = web.ask("/v1/search", body, **{"Content-Type": "multipart/form-data; boundary=x"})
    assert answer.status == 200 and answer.body["took_ms"]["decode"] > 0


def test_an_encoded_slash_belongs_to_the_id(web: Web) -> None:
    item = web.ask("/v1/items/pink%2Fsimilar")
    assert (item.status, item.body["id"]) == (200, "pink/similar")
    assert web.ask("/v1/items/pink%2Fsimilar/similar").body["total"] == len(SHOP) - 1
    strange = web.ask("/v1/items/A%2F1%2F%2F50%25%20%C3%BC%3F%23")
    assert strange.body["id"] == "A/1//50% ü?#"


def test_a_text_like_an_address_is_embedded_as_text(web: Web, encoder: Encoder) -> None:
    requested: list[str] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requested.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(encoded(picture()))

        def log_message(self, *_: Any) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener) as listener:
        threading.Thread(target=listener.serve_forever).start()
        text = f"http://127.0.0.1:{listener.server_port}/x.jpg"
        try:
            assert web.search(text).status == 200
            assert_embedded_as_text(web, text, encoder)
        finally:
            listener.shutdown()
    assert requested == []


def test_a_text_like_a_path_is_embedded_as_text(web: Web, encoder: Encoder, tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(encoded(picture()))
    assert web.search(str(path)).status == 200
    assert_embedded_as_text(web, str(path), encoder)


def assert_embedded_as_text(web: Web, text: str, encoder: Encoder) -> None:
    """Its scores are the cosines of the shop's pictures with the text's own vector."""
    body = json.dumps({"query": [{"text": text}], "mode": "vector"}).encode()
    answer = web.ask("/v1/search", body, **{"Content-Type": "application/json"})
    query = encoder.encode_texts([text])[0]
    cosines = {
        fields["id"]: (encoder.encode_images([plain(colour) for colour in fields["colours"]]) @ query).max()
        for fields in SHOP
    }
    assert scores(answer) == pytest.approx(cosines, abs=2e-3)


def test_threads_share_the_model(web: Web) -> None:
    texts = [f"{colour} dress " * (n % 5 + 1) for n, colour in enumerate(["red", "blue", "green"] * 16)]
    alone = {text: scores(web.search(text)) for text in sorted(set(texts))}
    with ThreadPoolExecutor(8) as pool:
        for text, together in zip(texts, pool.map(web.search, texts), strict=True):
            assert scores(together) == pytest.approx(alone[text], abs=1e-4)


def scores(answer: Answer) -> dict[str, float]:
    assert answer.status == 200, answer.body
    return {item["id"]: item["score"] for item in answer.body["items"]}


def test_errors_over_a_real_socket_are_problems(web: Web) -> None:
    answer = web.ask("/v1/search", b'{"limit": NaN}', **{"Content-Type": "application/json"})
    assert (answer.status, answer.body["code"]) == (400, "malformed_json")
    assert answer.headers["Content-Type"] == "application/problem+json"
    answer = web.ask("/v1/search", b"x", **{"Content-Type": "text/plain", "X-Request-ID": "shop-7"})
    assert (answer.status, answer.headers["X-Request-ID"]) == (415, "shop-7")
    assert "status=415" in line_with("request_id=shop-7", web.log)


def line_with(part: str, log: Path) -> str:
    return next(line for line in log.read_text().splitlines() if part in line)


def test_the_longest_text_fits_into_an_address(web: Web) -> None:
    assert web.search("\N{DRESS}" * 512).status == 200
    answer = web.search("x" * 5000)
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, "text.0")


def test_an_address_over_the_limit_is_refused_by_gunicorn(web: Web) -> None:
    port = urllib.parse.urlsplit(web.url).port
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"GET /v1/search?text=" + b"x" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        with connection.makefile("rb") as answer:
            assert answer.readline().startswith(b"HTTP/1.1 414 ")


@pytest.mark.parametrize("content_type", ["application/json", "image/jpeg"])
def test_who_sends_too_much_still_sees_why(web: Web, content_type: str) -> None:
    answer = web.ask("/v1/search", b" " * 40_000_000, **{"Content-Type": content_type})
    expected = {"application/json": (413, "body_too_large"), "image/jpeg": (415, "unsupported_media_type")}
    assert (answer.status, answer.body["code"]) == expected[content_type]


def raw_answer(web: Web, *parts: bytes) -> bytes:
    port = urllib.parse.urlsplit(web.url).port
    head = b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    head += b"Content-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        for part in (head, *parts):
            connection.sendall(part)
        with connection.makefile("rb") as answer:
            return answer.read()


def test_a_body_without_a_length_is_never_cut_off_in_silence(web: Web) -> None:
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    whole = raw_answer(web, b"Transfer-Encoding: chunked\r\n\r\n", b"2\r\n{}\r\n", chunk, b"0\r\n\r\n")
    assert whole.startswith(b"HTTP/1.1 200 ")
    cut = raw_answer(web, b"Transfer-Encoding: chunked\r\n\r\n", b"2\r\n{}\r\n", *[chunk] * 30, b"0\r\n\r\n")
    assert cut.startswith(b"HTTP/1.1 413 ") and b"body_too_large" in cut


def test_a_taken_port_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        result = run_program("-m", "gunicorn", environ={"PORT": port})
    assert result.returncode == 1
    (line,) = [line for line in result.stderr.splitlines() if "Starting gunicorn" not in line]
    assert (
        line
        == f"gunicorn: cannot listen on 127.0.0.1 port {port} (Address already in use): set PORT or HOST."
    )


@pytest.mark.parametrize(
    ("name", "value"), [("MAX_IMAGE_BYTES", "many"), ("CLIP_MODEL", "./no-such-model"), ("PORT", "99999")]
)
def test_a_wrong_setting_is_told_in_one_line(name: str, value: str) -> None:
    result = run_program("-m", "gunicorn", environ={"PORT": str(free_port()), name: value})
    assert result.returncode == 1
    (line,) = [line for line in result.stderr.splitlines() if "Starting gunicorn" not in line]
    assert name in line
