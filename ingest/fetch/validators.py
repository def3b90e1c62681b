"""What a server knows a picture by (ETag, Last-Modified), and which of it is to be relied on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime

from ingest.fetch.locations import Location

Headers = Mapping[str, str]

MAX_VALIDATOR_CHARS = 200
# RFC 9110, 8.8.2.2: what changes twice within a second has one Last-Modified; this keeps well clear of it.
_SETTLED = timedelta(seconds=60)


@dataclass(frozen=True)
class Validator:
    """`location`: where the picture was in the end, after redirects; no other address is asked with it."""

    location: str
    etag: str | None
    last_modified: str | None

    @property
    def conditions(self) -> dict[str, str]:
        """The headers that ask for the picture only if it has changed."""
        if self.etag is not None:
            return {"If-None-Match": self.etag}
        return {"If-Modified-Since": self.last_modified} if self.last_modified is not None else {}


def validator_of(location: Location, headers: Headers) -> Validator | None:
    """What the answer from `location` can be asked for by; None if that is nothing, or nothing to rely on."""
    etag = headers.get("etag") or None
    modified = headers.get("last-modified") if _settled(headers) else None
    if any(not text.isascii() or len(text) > MAX_VALIDATOR_CHARS for text in (etag, modified) if text):
        return None
    return Validator(str(location), etag, modified) if etag or modified else None


def _settled(headers: Headers) -> bool:
    try:
        sent, modified = (parsedate_to_datetime(headers.get(name, "")) for name in ("date", "last-modified"))
        return sent - modified >= _SETTLED
    except (ValueError, TypeError):  # TypeError: one of them without its time zone
        return False


@dataclass(frozen=True)
class Known:
    """A validator and the SHA-256 of the picture that came with it."""

    validator: Validator
    sha256: str
