"""HTTP/1.1 on kept-alive connections, with as little around it as a search can bear: POST a body, get a body.

By urllib3 a call costs 0.3 ms of processor time in the service, half of it to read six header lines; parsed
by httptools, which is Node's parser in C, it costs a fifth of that.
"""

import socket
import ssl
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit
from weakref import finalize

from httptools import HttpParserError, HttpResponseParser

# As many as a web worker answers requests at once, and as many that count meanwhile.
_KEPT: Final = 16
_PORTS: Final = {"http": 80, "https": 443}
_BUFFER_BYTES: Final = 64 * 1024

# Seconds that remain for the call; raises TimeoutError when none do.
Left = Callable[[], float]


class WireBroken(Exception):
    """No connection, or nothing that is a whole answer came over it."""


class _Stale(Exception):
    """A kept connection has ended before an answer began."""


class Wire:
    """Posts to the server of `url`. Threads may share it, forked processes may not."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        parts = urlsplit(url)
        if parts.hostname is None:
            raise ValueError(f"{url} names no host")
        lines = {"Host": parts.netloc.rpartition("@")[2], **headers}
        self._head = "".join(f"{name}: {_one_line(value)}\r\n" for name, value in lines.items())
        self._address = (parts.hostname, parts.port or _PORTS[parts.scheme])
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._kept: deque[_Connection] = deque(maxlen=_KEPT)

    def post(self, path: str, body: bytes, left_s: Left) -> tuple[int, bytes]:
        """Status and body of the answer. `path`: quoted. Raises WireBroken or TimeoutError."""
        head = f"POST {path} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n\r\n"
        request = head.encode("latin-1") + body
        if self._kept:
            with suppress(_Stale):  # one that the server was just closing
                return self._exchange(self._taken() or self._opened(left_s()), request, left_s)
        try:
            return self._exchange(self._opened(left_s()), request, left_s)
        except _Stale as error:
            raise WireBroken("the server closes the connection without an answer") from error

    def _exchange(self, connection: "_Connection", request: bytes, left_s: Left) -> tuple[int, bytes]:
        try:
            answer = connection.exchange(request, left_s)
        except BaseException:
            connection.close()  # what is left of the answer must not be the next call's
            raise
        if connection.is_kept:
            self._kept.append(connection)
        else:
            connection.close()
        return answer

    def _taken(self) -> "_Connection | None":
        try:
            return self._kept.pop()
        except IndexError:  # another thread was faster
            return None

    def _opened(self, timeout_s: float) -> "_Connection":
        try:
            opened = socket.create_connection(self._address, timeout_s)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                opened = self._tls.wrap_socket(opened, server_hostname=self._address[0])
        except TimeoutError:
            raise
        except (OSError, UnicodeError) as error:  # the latter for what cannot be a host's name
            raise WireBroken("no connection") from error
        return _Connection(opened)


class _Connection:
    """One connection, and the callbacks of the parser for the answer that is under way."""

    def __init__(self, opened: socket.socket) -> None:
        self._socket = opened
        self._buffer = memoryview(bytearray(_BUFFER_BYTES))
        finalize(self, opened.close)  # that of a store that nobody asks any more
        self.is_kept = False
        """Whether the server lets the connection be used again after the latest answer."""

    def exchange(self, request: bytes, left_s: Left) -> tuple[int, bytes]:
        """Raises _Stale, WireBroken or TimeoutError; the connection is of no use then."""
        self._parts: list[bytes] = []
        self._is_whole = False
        self._parser = HttpResponseParser(self)
        has_begun = False
        try:
            self._socket.settimeout(left_s())
            self._socket.sendall(request)
            while not self._is_whole:
                self._socket.settimeout(left_s())
                received = self._socket.recv_into(self._buffer)
                if not received:
                    raise ConnectionResetError
                has_begun = True
                self._parser.feed_data(self._buffer[:received])
        except TimeoutError:
            raise
        except OSError as error:
            raise (WireBroken("the answer ends early") if has_begun else _Stale) from error
        except HttpParserError as error:
            raise WireBroken("the answer is no HTTP") from error
        return self._parser.get_status_code(), b"".join(self._parts)

    def close(self) -> None:
        self._socket.close()

    # Called by the parser.

    def on_message_begin(self) -> None:
        if self._is_whole:
            raise WireBroken("the server says more than was asked for")

    def on_headers_complete(self) -> None:
        self.is_kept = bool(self._parser.should_keep_alive())

    def on_body(self, part: bytes) -> None:
        self._parts.append(part)

    def on_message_complete(self) -> None:
        self._is_whole = self._parser.get_status_code() >= 200  # else it only says that it goes on


def _one_line(value: str) -> str:
    if not value.isprintable():
        raise ValueError("a header holds a line break")
    return value
