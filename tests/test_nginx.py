"""nginx with the very files of deploy/nginx, in front of two servers that say what reached them."""

import json
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests.processes import ROOT, free_port

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


class Echo(BaseHTTPRequestHandler):
    """Answers with the headers and the size of the body that came."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        received = len(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        body = json.dumps({"headers": dict(self.headers), "received": received}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def echoing() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def nginx(name: str, folder: Path, ports: list[int]) -> Iterator[str]:
    """Its address. The servers of the file's upstream are put in place one after the other.

    By their addresses: Debian's nginx is older than `resolve`.
    """
    left, port = iter(ports), free_port()
    text = (ROOT / "deploy/nginx" / name).read_text()
    text = re.sub(r"server [\w-]+:\d+ resolve", lambda _: f"server 127.0.0.1:{next(left, ports[-1])}", text)
    text = re.sub(r"listen \d+;", f"listen 127.0.0.1:{port};", text)
    (folder / "site.conf").write_text(text)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;"
        f"events {{}} http {{ access_log off; {temporary} include {folder}/site.conf; }}"
    )
    process = subprocess.Popen([str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf")])
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/ready")
                break
            except httpx.HTTPError:
                assert process.poll() is None, (folder / "error.log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def test_callers_are_who_nginx_sees_and_metrics_stay_inside(tmp_path: Path) -> None:
    with ExitStack() as stack:
        first, second = (stack.enter_context(echoing()) for _ in range(2))
        url = stack.enter_context(nginx("web.conf", tmp_path, [first.server_port, second.server_port]))
        sent = {"X-Forwarded-For": "203.0.113.9", "Host": "shop.example:8443"}
        headers = httpx.get(f"{url}/v1/search?text=red", headers=sent).json()["headers"]
        assert headers["X-Forwarded-For"] == "127.0.0.1" and headers["X-Forwarded-Proto"] == "http"
        assert headers["Host"] == "shop.example:8443"
        assert httpx.get(f"{url}/metrics").status_code == 404
        assert httpx.post(f"{url}/v1/search", content=b"x" * 27_000_000).json()["received"] == 27_000_000
        assert httpx.post(f"{url}/v1/search", content=b"x" * 30_000_000).status_code == 413
        long = "x" * 8_000
        assert httpx.get(f"{url}/v1/search?text={long}").status_code == 200


@pytest.mark.parametrize("name", ["web.conf", "store.conf"])
def test_names_are_looked_up_while_it_runs(name: str) -> None:
    """A container that is made anew has another address; one that is away would keep nginx from starting."""
    text = (ROOT / "deploy/nginx" / name).read_text()
    assert "resolver 127.0.0.11 " in text and re.search(r"upstream (\w+) \{\s+zone \1 ", text)
    servers = re.findall(r"(?m)^ +server .*:\d+.*$", text)
    assert servers and all(" resolve " in server for server in servers)
    image = re.search(r"nginx-unprivileged:([\d.]+)", (ROOT / "docker-compose.cluster.yml").read_text())
    assert image and tuple(map(int, image[1].split("."))) >= (1, 27, 3), "the first with `resolve`"


@pytest.mark.parametrize("name", ["web.conf", "store.conf"])
def test_a_server_that_is_away_costs_no_request(name: str, tmp_path: Path) -> None:
    with echoing() as there, nginx(name, tmp_path, [free_port(), there.server_port]) as url:
        answers = [httpx.get(f"{url}/v1/search").status_code for _ in range(20)]
        assert answers == [200] * 20
        assert httpx.post(f"{url}/v1/search", content=b"x" * 100_000).status_code == 200
