"""Picture servers over plain sockets, which send byte for byte what a test tells them to."""

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from catalog.settings import Settings
from ingest.fetch.connect import Resolver, resolve
from ingest.fetch.fetcher import Fetcher, open_fetcher
from ingest.fetch.get import Download
from ingest.fetch.validators import Validator


def answer(content: bytes = b"", status: str = "200 OK", length: int | None = None, **headers: str) -> bytes:
    """A whole HTTP answer; `length` is what it claims, `last_modified=` becomes Last-Modified."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content) if length is None else length}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + content


@dataclass
class Exchange:
    """One request on an open connection. `number` counts all requests of the server, from 0."""

    connection: socket.socket
    number: int
    path: str
    headers: dict[str, str]
    stop: threading.Event
    body: bytes = b""
    closing: bool = False

    def send(self, content: bytes) -> None:
        self.connection.sendall(content)

    def drip(self, parts: Sequence[bytes], every_s: float) -> None:
        for part in parts:
            self.send(part)
            if self.stop.wait(every_s):
                break
        self.close()

    def close(self) -> None:
        self.closing = True

    def reset(self) -> None:
        """Close with RST rather than FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()


Script = Callable[[Exchange], Any]


@dataclass
class PictureServer:
    """`requests` as they came; `most_open`: how many were answered at once at most."""

    script: Script
    listener: socket.socket
    port: int
    scheme: str = "http"
    requests: list[Exchange] = field(default_factory=list)
    open_now: int = 0
    most_open: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    stop: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/picture.jpg", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        return [exchange.path for exchange in self.requests]

    def serve(self, tls: ssl.SSLContext | None) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection, tls), daemon=True).start()

    def _talk(self, connection: socket.socket, tls: ssl.SSLContext | None) -> None:
        connection.settimeout(20)
        try:
            with tls.wrap_socket(connection, server_side=True) if tls else connection as stream:
                while (exchange := self._read(stream)) and not exchange.closing:
                    self._count(1)
                    try:
                        self.script(exchange)
                    finally:
                        self._count(-1)
                    if exchange.closing:
                        return
        except (OSError, ssl.SSLError):  # who asked has gone
            connection.close()

    def _count(self, change: int) -> None:
        with self.lock:
            self.open_now += change
            self.most_open = max(self.most_open, self.open_now)

    def _read(self, stream: socket.socket) -> Exchange | None:
        came = b""
        while b"\r\n\r\n" not in came:
            part = stream.recv(65_536)
            if not part:
                return None
            came += part
        head, _, body = came.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").strip().split("\r\n")
        pairs = (line.split(": ", 1) for line in lines)
        headers = {name.lower(): value for name, value in pairs}
        while len(body) < int(headers.get("content-length", 0)):
            body += stream.recv(65_536)
        with self.lock:
            exchange = Exchange(stream, len(self.requests), first.split()[1], headers, self.stop, body)
            self.requests.append(exchange)
        return exchange


@contextmanager
def serving_pictures(
    script: Script | bytes, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
) -> Iterator[PictureServer]:
    """Answers every request by `script`, or always with the same bytes."""
    always = script if isinstance(script, bytes) else b""
    said: Script = (lambda exchange: exchange.send(always)) if isinstance(script, bytes) else script
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=128) as listener:
        server = PictureServer(said, listener, listener.getsockname()[1], "https" if tls else "http")
        thread = threading.Thread(target=server.serve, args=(tls,))
        thread.start()
        try:
            yield server
        finally:
            server.stop.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@dataclass(frozen=True)
class Fetching:
    """A fetcher, and the simplest way to use it."""

    fetcher: Fetcher

    def begin(self, address: str, known: Validator | None = None) -> "Future[Download | None]":
        return self.fetcher.submit(address, known, lambda download: download)

    def get(self, address: str, known: Validator | None = None) -> Download | None:
        return self.begin(address, known).result(timeout=30)

    def content(self, address: str) -> bytes:
        download = self.get(address)
        assert download is not None
        return download.content


@contextmanager
def fetching(
    *servers: PictureServer,
    private: Sequence[str] = ("127.0.0.1",),
    resolver: Resolver = resolve,
    ssl_context: ssl.SSLContext | None = None,
    **settings: Any,
) -> Iterator[Fetching]:
    """Fetches from the servers' ports, and from `private` hosts though they are on this machine."""
    chosen = Settings(
        _env_file=None,
        image_private_hosts=tuple(private),
        image_ports=tuple(server.port for server in servers),
        **settings,
    )
    with ThreadPoolExecutor(2) as pool, open_fetcher(chosen, pool, resolver, ssl_context) as fetcher:
        yield Fetching(fetcher)


class Names:
    """A resolver that knows a few names, and what it was asked; each answer may be used once."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.answers = {name.replace("_", "."): list(lists) for name, lists in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        lists = self.answers[host]
        return lists.pop(0) if len(lists) > 1 else lists[0]
