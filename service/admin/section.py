"""A part of the page that stands or falls alone: what it shows, or why that cannot be had now."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from catalog.errors import CatalogError

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Section(Generic[T]):
    """`found` is None where there is a `trouble`, told in words for the operator."""

    found: T | None
    trouble: str | None = None


def section(read: Callable[[], T]) -> Section[T]:
    """What `read` answers. An operator may know what clients are not told: hosts, settings, models."""
    try:
        return Section(read())
    except CatalogError as error:
        return Section(None, str(error))
    except OSError as error:
        _log.warning("the operator's page cannot read a file: %s", error)
        return Section(None, f"A file in STATE_DIR cannot be read: {error.strerror}.")
