"""The keys that a client may send: read from a setting, kept as hashes, compared in constant time."""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Scope = Literal["search", "write", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
MIN_KEY_CHARS = 16

# RFC 6750's token, less `=` in the middle: what a Bearer header can carry, and never a comma or a colon.
_KEY = re.compile(r"[A-Za-z0-9._~+/-]+=*")


@dataclass(frozen=True)
class ApiKey:
    """A key's SHA-256, so that neither memory nor a log ever holds the key itself, and what it may do."""

    digest: bytes
    scopes: frozenset[Scope]

    def allows(self, scope: Scope) -> bool:
        """A key may do what its list says, and no more; `admin` alone includes the others."""
        return scope in self.scopes or "admin" in self.scopes


def parse_api_keys(text: str) -> tuple[ApiKey, ...]:
    """Read `scope+scope:key` parts with commas between. Raises ValueError, whose text holds no key."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    keys = tuple(_parsed(part, position) for position, part in enumerate(parts, 1))
    if len({key.digest for key in keys}) < len(keys):
        raise ValueError("the same key is given twice; join its scopes: search+write:KEY")
    return keys


def matching(keys: Sequence[ApiKey], sent: str) -> ApiKey | None:
    """The key that was sent. It takes as long for a wrong one as for any right one."""
    digest, found = _digest(sent), None
    for key in keys:
        if hmac.compare_digest(key.digest, digest):
            found = key
    return found


def _parsed(part: str, position: int) -> ApiKey:
    scopes, colon, key = part.partition(":")
    names = scopes.split("+")
    if not colon or not all(name in SCOPES for name in names):
        known = ", ".join(SCOPES)
        raise ValueError(f"part {position} should be SCOPE:KEY or SCOPE+SCOPE:KEY; scopes are {known}")
    if len(key) < MIN_KEY_CHARS:
        raise ValueError(f"the key of part {position} has less than {MIN_KEY_CHARS} characters")
    if not _KEY.fullmatch(key):
        raise ValueError(f"the key of part {position} may hold letters, digits and -._~+/ only")
    return ApiKey(_digest(key), frozenset(scope for scope in SCOPES if scope in names))


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
