"""Opens connections: the one place where a host becomes an address, which is checked, then connected to.

httpcore asks its network backend for every connection, by name, and speaks TLS and HTTP over what it gets,
with that name in SNI, certificate and Host header. So nothing can be connected to that was not checked here,
and there is no second look-up that could answer otherwise. It reads no proxy from the environment.
"""

import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import Any

import anyio
import httpcore

from catalog.errors import ImageAddressRefused, ImageHostUnreachable
from ingest.fetch.addresses import may_connect

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

# Every address of a host is checked; so many are tried when the first ones do not answer.
MAX_TRIED = 4
_NO_SUCH_HOST = {socket.EAI_NONAME, socket.EAI_NODATA}


async def resolve(host: str, port: int) -> Sequence[str]:
    """All addresses of the host, as the system's resolver has them. Raises OSError."""
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class _Stream(httpcore.AsyncNetworkStream):
    """A TCP connection that is closed when its TLS handshake is given up.

    httpcore 1.0.9 closes it after an error only. When the time of a picture runs out during the handshake the
    connection would stay open until the garbage collector finds it.
    """

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._stream.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Raises httpcore's errors."""
        try:
            return await self._stream.start_tls(ssl_context, server_hostname, timeout)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self.aclose()
            raise


class CheckedConnections(httpcore.AsyncNetworkBackend):
    """TCP connections to addresses that `may_connect` allows, and to no others."""

    def __init__(self, may_be_private: Callable[[str], bool], resolver: Resolver = resolve) -> None:
        self._may_be_private = may_be_private
        self._resolve = resolver
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Raises ImageAddressRefused, ImageHostUnreachable and httpcore's errors. `timeout`: of all of it."""
        try:
            with anyio.fail_after(timeout):
                return _Stream(await self._connect(await self._checked(host, port), port, timeout))
        except TimeoutError as error:
            raise httpcore.ConnectTimeout from error

    async def _connect(
        self, addresses: list[str], port: int, timeout: float | None
    ) -> httpcore.AsyncNetworkStream:
        """To the first of the addresses that answers."""
        tried = addresses[:MAX_TRIED]
        each_s = None if timeout is None else timeout / len(tried)
        for address in tried[:-1]:
            try:
                return await self._network.connect_tcp(address, port, each_s)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._network.connect_tcp(tried[-1], port, each_s)

    async def _checked(self, host: str, port: int) -> list[str]:
        """The addresses of the host, if every one of them may be connected to."""
        private_allowed = self._may_be_private(host)
        addresses = await self._addresses(host, port)
        # One private record among public ones is an attack or a mistake; which one is meant cannot be known.
        if not all(may_connect(ip_address(address), private_allowed) for address in addresses):
            raise ImageAddressRefused(
                f"{host}: has an address that is not public. IMAGE_PRIVATE_HOSTS names hosts that may."
            )
        return addresses

    async def _addresses(self, host: str, port: int) -> list[str]:
        try:
            return [str(ip_address(host))]
        except ValueError:
            pass
        try:
            addresses = list(await self._resolve(host, port))
        except OSError as error:
            known = getattr(error, "errno", None) in _NO_SUCH_HOST
            reason = "there is no such host" if known else "its name cannot be looked up"
            raise ImageHostUnreachable(f"{host}: {reason}.", may_pass=not known) from error
        if not addresses:
            raise ImageHostUnreachable(f"{host}: has no address.")
        return addresses
