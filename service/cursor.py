"""Where a page of a search ended: an opaque text that holds which items were shown, and nothing to look up.

A position alone is not enough: items are written while a customer pages, and each write moves those behind
it. So a cursor remembers the items themselves, as 40-bit hashes. The chance that a page passes over an item
because its hash is that of a shown one is below one in a million even on the last of MAX_DEPTH items.
"""

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass
from typing import Final, Self

from catalog.attributes import moment_of
from service.errors import CursorExpired, CursorInvalid

# So many items of a ranked search can be paged through; browsing has no end.
MAX_DEPTH: Final = 1_000

_FORMAT = 1
_HASH_BYTES = 5
_SEARCH_BYTES = 8
_HEAD = struct.Struct(f"!B{_SEARCH_BYTES}sBB")


@dataclass(frozen=True)
class Cursor:
    """`search`: of `fingerprint`. `version`: of the index. `updated_at`: of the last item, in browsing.

    `seen`: the hashes of the items shown so far; in browsing only of those with that `updated_at`.
    """

    search: bytes
    version: str
    seen: frozenset[bytes] = frozenset()
    updated_at: str = ""

    def has_seen(self, item_id: str) -> bool:
        return bool(self.seen) and _hash(item_id) in self.seen

    def after(self, item_ids: list[str]) -> Self:
        """The cursor once these have been shown, too."""
        return type(self)(self.search, self.version, self.seen | set(map(_hash, item_ids)), self.updated_at)

    def after_browsing(self, shown: list[tuple[str, str]]) -> Self:
        """The cursor once these have been shown, each with its id and `updated_at`."""
        last = shown[-1][1]
        before = self.seen if last == self.updated_at else frozenset()
        seen = before | {_hash(item_id) for item_id, updated_at in shown if updated_at == last}
        return type(self)(self.search, self.version, seen, last)

    def to_text(self) -> str:
        version, updated_at = self.version.encode(), self.updated_at.encode()
        head = _HEAD.pack(_FORMAT, self.search, len(version), len(updated_at))
        packed = b"".join((head, version, updated_at, *sorted(self.seen)))
        return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def start_of(sent: str | None, search: bytes, version: str) -> Cursor:
    """The cursor that a client sent, or one before the first page.

    Raises CursorInvalid if it is none or another search's, CursorExpired if it is of another index version.
    """
    if sent is None:
        return Cursor(search, version)
    cursor = _parsed(sent)
    if cursor.search != search:
        raise CursorInvalid(
            "This cursor belongs to another search: send the request of the first page with it."
        )
    if cursor.version != version:
        raise CursorExpired(
            f"This cursor belongs to the index version {cursor.version}, which {version} has replaced: "
            "start again at the first page."
        )
    return cursor


def fingerprint(canonical: bytes) -> bytes:
    """What a cursor keeps of the search that it belongs to."""
    return hashlib.blake2b(canonical, digest_size=_SEARCH_BYTES).digest()


def _parsed(sent: str) -> Cursor:
    try:
        packed = base64.b64decode(
            sent.encode("ascii") + b"=" * (-len(sent) % 4), altchars=b"-_", validate=True
        )
        format_, search, version_bytes, stamp_bytes = _HEAD.unpack_from(packed)
        version, stamp, hashes = _split(packed[_HEAD.size :], version_bytes, stamp_bytes)
        if format_ != _FORMAT or len(hashes) % _HASH_BYTES:
            raise ValueError("not of this format")
        if stamp and moment_of(stamp.decode()) is None:
            raise ValueError("no time")
        seen = frozenset(hashes[at : at + _HASH_BYTES] for at in range(0, len(hashes), _HASH_BYTES))
        return Cursor(search, version.decode(), seen, stamp.decode())
    except (ValueError, struct.error, binascii.Error) as error:
        raise CursorInvalid("This is no cursor: send `next_cursor` of an answer as it was.") from error


def _split(packed: bytes, *lengths: int) -> tuple[bytes, bytes, bytes]:
    first, second = lengths
    if len(packed) < first + second:
        raise ValueError("cut off")
    return packed[:first], packed[first : first + second], packed[first + second :]


def _hash(item_id: str) -> bytes:
    return hashlib.blake2b(item_id.encode(), digest_size=_HASH_BYTES).digest()
