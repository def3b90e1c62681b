"""Which versions of the store this Vitrine works with, told apart before anything is asked of it.

The store is at most one minor version older than qdrant-client, whose calls it must know. A newer one answers
them as well, as far as anybody can tell beforehand: that is worth a warning and a look at docs/upgrading.md.
"""

import logging
import re
from dataclasses import dataclass
from importlib.metadata import version

from catalog.errors import StoreUnsupported
from catalog.logins import without_login

_OLDER_MINORS, _NEWER_MINORS = 1, 1

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StoreVersion:
    """What a store says of itself: `vectorstore` is the one without a server."""

    engine: str
    text: str

    @property
    def numbers(self) -> tuple[int, int]:
        """Major and minor. Raises StoreUnsupported for a text that is no version."""
        match = re.match(r"v?(\d+)\.(\d+)", self.text)
        if match is None:
            raise StoreUnsupported(f"The vector store says that its version is {self.text!r}, which is none.")
        return int(match[1]), int(match[2])


def store_version(title: str, text: str) -> StoreVersion:
    """From the two fields that a store answers at its root."""
    return StoreVersion("vectorstore" if title.startswith("vectorstore") else "qdrant", text)


def require_supported(found: StoreVersion, url: str) -> None:
    """Raise StoreUnsupported for a version that cannot work, warn of one that was not tested."""
    own = _client_version()
    major, minor = found.numbers
    known = f"{own[0]}.{own[1] - _OLDER_MINORS} to {own[0]}.{own[1] + _NEWER_MINORS}"
    if major != own[0] or minor < own[1] - _OLDER_MINORS:
        raise StoreUnsupported(
            f"The vector store at {without_login(url)} is {found.engine} {found.text}, and this Vitrine works"
            f" with {known}: see docs/upgrading.md."
        )
    if minor > own[1] + _NEWER_MINORS:
        _log.warning(
            "the vector store at %s is %s %s, newer than what this Vitrine was tested with (%s)",
            without_login(url), found.engine, found.text, known,
        )  # fmt: skip


def _client_version() -> tuple[int, int]:
    return StoreVersion("qdrant-client", version("qdrant-client")).numbers
