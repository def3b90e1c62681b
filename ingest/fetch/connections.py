"""Open connections, each lent to one picture at a time and kept for the next one from its server.

httpcore's own pool looks at every connection several times for every request: with 16 of them it spends more
time on that than on fetching (measured).
"""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property

import anyio
import httpcore

KEPT_S = 15.0


class Connections:
    """At most `kept` are kept open for later. New ones are opened by `network`."""

    def __init__(
        self, network: httpcore.AsyncNetworkBackend, ssl_context: ssl.SSLContext | None, kept: int
    ) -> None:
        self._network = network
        self._given_context = ssl_context
        self._kept = kept
        self._idle: list[httpcore.AsyncHTTPConnection] = []

    @asynccontextmanager
    async def get(
        self, url: httpcore.URL, headers: dict[bytes | str, bytes | str], timeouts: dict[str, float]
    ) -> AsyncIterator[httpcore.Response]:
        """The answer to a GET, its body not yet read. Raises httpcore's errors and those of `network`."""
        connection = await self._take(url.origin)
        try:
            extensions = {"timeout": timeouts}
            async with connection.stream("GET", url, headers=headers, extensions=extensions) as response:
                yield response
        finally:
            await self._put_back(connection)

    async def aclose(self) -> None:
        while self._idle:
            await self._idle.pop().aclose()

    @cached_property
    def _ssl_context(self) -> ssl.SSLContext:
        """Made when the first one is needed: to read the certificates of all authorities takes 80 ms."""
        return self._given_context or httpcore.default_ssl_context()

    async def _take(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection:
        while usable := [one for one in self._idle if one.can_handle_request(origin)]:
            connection = usable[-1]
            self._idle.remove(connection)
            if not connection.has_expired():  # nor has its server closed it
                return connection
            await connection.aclose()
        context = self._ssl_context if origin.scheme == b"https" else None
        return httpcore.AsyncHTTPConnection(
            origin, context, keepalive_expiry=KEPT_S, network_backend=self._network
        )

    async def _put_back(self, connection: httpcore.AsyncHTTPConnection) -> None:
        surplus = [connection]
        if connection.is_available():  # its answer was read to the end
            self._idle.append(connection)
            surplus, self._idle = self._idle[: -self._kept], self._idle[-self._kept :]
        with anyio.CancelScope(shield=True):
            for one in surplus:
                await one.aclose()
