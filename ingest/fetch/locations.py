"""Reads the address of a picture, strictly: what is connected to and asked there is what it says."""

import ipaddress
import re
from dataclasses import dataclass

import httpx

from catalog.errors import ImageAddressRefused
from catalog.logins import without_login

PORTS = {"http": 80, "https": 443}

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://|(https?|ftps?|file|data):", re.IGNORECASE)
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
# Such a last label makes the C library read the whole name as an IPv4 address: 0x7f.1, 2130706433.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
# What signed addresses and private feeds are opened with: access_token, api_key, X-Amz-Signature, sig.
_SECRET = re.compile(r"([?&][^=&#]*(?:token|key|secret|sig|pass|pwd|auth|credential)[^=&#]*=)[^&#]*", re.I)


def is_address(source: str) -> bool:
    """Whether a picture's source is an address, of whatever kind, rather than the name of a file."""
    return _SCHEME.match(source) is not None


def without_credentials(source: str) -> str:
    """`source` as it may be logged: without a password, and without what looks like a token."""
    return _SECRET.sub(r"\1***", without_login(source)) if is_address(source) else source


@dataclass(frozen=True)
class Location:
    """An http or https address. `host` is ASCII in lower case, an IPv6 address without brackets."""

    url: httpx.URL
    host: str
    port: int

    @property
    def scheme(self) -> str:
        return self.url.scheme

    @property
    def authority(self) -> str:
        """Host and port as the Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def target(self) -> bytes:
        return self.url.raw_path

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target.decode('ascii')}"


def locate(address: str) -> Location:
    """Raises ImageAddressRefused for what is not a plain http or https address."""
    try:
        return _location(httpx.URL(address))
    except (httpx.InvalidURL, UnicodeError) as error:  # UnicodeError: a name that IDNA does not allow
        raise ImageAddressRefused("The address cannot be read as one.") from error


def redirected(location: Location, reference: str) -> Location:
    """Where a redirect leads; `reference` may be relative. Raises ImageAddressRefused."""
    try:
        target = _location(location.url.join(reference))
    except (httpx.InvalidURL, UnicodeError) as error:
        raise ImageAddressRefused(f"{location}: redirects to what is no address.") from error
    if (location.scheme, target.scheme) == ("https", "http"):
        raise ImageAddressRefused(f"{location}: redirects from https to http.")
    return target


def _location(url: httpx.URL) -> Location:
    if url.scheme not in PORTS:
        raise ImageAddressRefused(f"Only http and https addresses are fetched, not {url.scheme!r}.")
    if url.userinfo:
        raise ImageAddressRefused("The address holds a user name or password.")
    host = _host(url)
    return Location(url, host, PORTS[url.scheme] if url.port is None else url.port)


def _host(url: httpx.URL) -> str:
    host = url.raw_host.decode("ascii").lower().removesuffix(".")
    if _NAME.fullmatch(host) and not _NUMBER.fullmatch(host.rpartition(".")[2]):
        return host
    try:
        if "%" not in host:  # the zone of a link-local address
            return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    raise ImageAddressRefused(f"{host!r} is neither the name of a host nor an IP address as usually written.")
