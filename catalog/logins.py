"""User names and passwords in addresses: sent as HTTP basic authentication, and never told."""

import re
from base64 import b64encode
from urllib.parse import unquote, urlsplit

_LOGIN = re.compile(r"(?<=://)[^/?#]*@")


def without_login(url: str) -> str:
    """The address as it may be told."""
    return _LOGIN.sub("", url)


def login_headers(url: str) -> dict[str, str]:
    """The header that sends what stands in the address; none where nothing does."""
    parts = urlsplit(url)
    if parts.username is None:
        return {}
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Authorization": f"Basic {b64encode(login.encode()).decode()}"}


def require_readable(url: str) -> None:
    """Raise ValueError, whose text holds nothing of it, for an address that is read wrongly further on.

    Of a password with a bare slash in it a library would take the first half for a port, and say so.
    """
    try:
        parts = urlsplit(url)
        is_readable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_readable = False
    if not is_readable or url.count("@") != parts.netloc.count("@"):
        raise ValueError(
            "should be an address such as scheme://user:password@host:port, with every / ? # @ : % of the"
            " user name and the password as %2F %3F %23 %40 %3A %25"
        ) from None
