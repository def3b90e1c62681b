"""Small servers that misbehave on purpose."""

import http.client
import socket
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer


@contextmanager
def at_work(server: HTTPServer) -> Iterator[str]:
    """The address of a server on loopback, which serves there and is closed at the end."""
    with server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address at which requests are handled, by a thread each."""
    with at_work(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as url:
        yield url


@contextmanager
def answering(status: int) -> Iterator[str]:
    """Answers every request with `status` and Qdrant's error envelope."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b'{"status": {"error": "no"}, "time": 0.0}'
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            if status == 429:
                self.send_header("Retry-After", "1")
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_GET

        def log_message(self, *arguments: object) -> None:
            pass

    with serving(Handler) as url:
        yield url


@contextmanager
def silent() -> Iterator[str]:
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


class Delay:
    """How long a delayed store waits with each answer from now on; `hang()` lets it wait without end."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._go_on = threading.Event()

    def hang(self) -> None:
        self.seconds = 3600.0

    def answer_again(self) -> None:
        self.seconds = 0.0
        self._go_on.set()
        self._go_on = threading.Event()

    def wait(self) -> None:
        if self.seconds:
            self._go_on.wait(self.seconds)


@contextmanager
def delayed(store_url: str) -> Iterator[tuple[str, Delay]]:
    """The store behind a door that takes every call at once and answers it late."""
    target, delay = urllib.parse.urlsplit(store_url), Delay()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            delay.wait()
            try:
                self._pass_on(body)
            except OSError:  # who asked has gone
                self.close_connection = True

        def _pass_on(self, body: bytes) -> None:
            connection = http.client.HTTPConnection(target.hostname or "", target.port or 80, timeout=30)
            connection.request(self.command, self.path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PUT = do_GET

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    with at_work(server) as url:
        try:
            yield url, delay
        finally:
            delay.answer_again()
