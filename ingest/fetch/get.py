"""One GET of a picture: redirects, status, byte cap, and whether it has changed since it was fetched last."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpcore

from catalog.errors import (
    ImageAddressRefused,
    ImageAnswerBroken,
    ImageFetchError,
    ImageHostUnreachable,
    ImageHttpStatus,
    ImageTimeout,
    ImageTooManyBytes,
)
from ingest.fetch.connections import Connections
from ingest.fetch.locations import Location, locate, redirected
from ingest.fetch.rules import HostRules
from ingest.fetch.validators import Headers, Validator, validator_of

MAX_REDIRECTS = 3
CONNECT_TIMEOUT_S = 5.0

_REDIRECTS = {301, 302, 303, 307, 308}
_NOT_NOW = {408, 425, 429, 500, 502, 503, 504}
_PLAIN = {"", "identity"}


@dataclass(frozen=True)
class Download:
    """A picture as it came, and what the server will know it by next time."""

    content: bytes
    validator: Validator | None


@dataclass(frozen=True)
class Getter:
    """Fetches through `connections`, which are checked. `timeout_s`: longest silence of a server."""

    connections: Connections
    rules: HostRules
    max_bytes: int
    timeout_s: float

    async def get(self, address: str, known: Validator | None = None) -> Download | None:
        """The picture, or None if it is still the one that `known` stands for.

        Raises ImageTooManyBytes or an ImageFetchError.
        """
        location = locate(address)
        for _ in range(MAX_REDIRECTS + 1):
            self.rules.check(location)
            with _translated(location):
                answer = await self._ask(location, known)
            if not isinstance(answer, Location):
                return answer
            location = answer
        raise ImageAddressRefused(f"{location}: stands behind more than {MAX_REDIRECTS} redirects.")

    async def _ask(self, location: Location, known: Validator | None) -> Download | Location | None:
        # A validator says nothing of another address, to which the picture's own may redirect by now.
        asked = known is not None and known.location == str(location)
        headers: dict[bytes | str, bytes | str] = {
            "Host": location.authority,
            "User-Agent": "Vitrine",
            "Accept": "image/*,*/*;q=0.1",
            "Accept-Encoding": "identity",
        }
        headers.update(known.conditions if known and asked else {})
        url = httpcore.URL(
            scheme=location.scheme, host=location.host, port=location.port, target=location.target
        )
        connect_s = min(CONNECT_TIMEOUT_S, self.timeout_s)
        timeouts = {"connect": connect_s, "read": self.timeout_s, "write": self.timeout_s}
        async with self.connections.get(url, headers, timeouts) as response:
            names = _headers(response)
            if response.status == 304 and asked:
                await self._body(location, response, names)  # none, but so the connection can serve again
                return None
            if response.status in _REDIRECTS and "location" in names:
                return redirected(location, names["location"])
            if response.status != 200:
                raise _refused(location, response.status, names)
            content = await self._body(location, response, names)
            return Download(content, validator_of(location, names))

    async def _body(self, location: Location, response: httpcore.Response, names: Headers) -> bytes:
        """The body as sent, held to the cap while it comes."""
        if names.get("content-encoding", "").strip().lower() not in _PLAIN:
            # What was asked not to be compressed and is may be a bomb; pictures gain nothing by it.
            raise ImageAnswerBroken(f"{location}: is sent compressed, though that was not asked for.")
        if int(names.get("content-length", 0)) > self.max_bytes:  # that it is a number, h11 has checked
            raise self._too_many(location)
        content = bytearray()
        async for part in response.aiter_stream():
            content += part
            if len(content) > self.max_bytes:
                content.clear()  # the error's traceback would hold it until the garbage collector comes by
                raise self._too_many(location)
        if _more_came(response):
            await response.extensions["network_stream"].aclose()
        return bytes(content)

    def _too_many(self, location: Location) -> ImageTooManyBytes:
        return ImageTooManyBytes(f"{location}: has more than the {self.max_bytes:,} bytes that are taken.")


def _more_came(response: httpcore.Response) -> bool:
    """Whether bytes came after the end of the answer, as from a server that answers twice.

    The connection's next picture would be read from them: that of another product.
    """
    # httpcore does not look, and h11, which knows, is reached through its insides only. A test would notice.
    parser = response.stream._connection._h11_state  # type: ignore[union-attr]
    return bool(parser.trailing_data[0])


def _headers(response: httpcore.Response) -> Headers:
    """By lower-case name; of one that comes several times, the last."""
    return {n.decode("latin-1").lower(): value.decode(errors="replace") for n, value in response.headers}


def _refused(location: Location, status: int, names: Headers) -> ImageHttpStatus:
    return ImageHttpStatus(
        f"{location}: the server answers {status}.",
        may_pass=status in _NOT_NOW,
        retry_after_s=_retry_after_s(names.get("retry-after", "")),
    )


def _retry_after_s(value: str) -> float:
    """Seconds of a Retry-After header, which holds seconds or a date; 0 if it holds neither."""
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    moment = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


@contextmanager
def _translated(location: Location) -> Iterator[None]:
    """Raise httpcore's errors as ours; a test walks them all."""
    try:
        yield
    except httpcore.TimeoutException as error:
        raise ImageTimeout(f"{location}: the server does not answer in time.", may_pass=True) from error
    except httpcore.ConnectError as error:
        raise _unreachable(location, error) from error
    except (httpcore.NetworkError, httpcore.RemoteProtocolError, httpcore.ConnectionNotAvailable) as error:
        raise ImageAnswerBroken(f"{location}: the answer ends early or is no HTTP.", may_pass=True) from error
    except (httpcore.ProtocolError, httpcore.UnsupportedProtocol, httpcore.ProxyError) as error:
        raise ImageAnswerBroken(f"{location}: cannot be asked for by HTTP.") from error


def _unreachable(location: Location, error: httpcore.ConnectError) -> ImageFetchError:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    if cause is not None:
        return ImageHostUnreachable(f"{location.authority}: its certificate does not hold.")
    return ImageHostUnreachable(f"{location.authority}: cannot be connected to.", may_pass=True)
