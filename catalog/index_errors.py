"""Turns what qdrant_client and catalog/reads.py raise into our own errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

from catalog.errors import CatalogError, CollectionExists, IndexRefused, IndexTimeout, IndexUnavailable
from catalog.logins import without_login
from catalog.reads import ReadRefused
from catalog.wire import WireBroken

HOW_TO_START = "start it with `python -m vectorstore` or set QDRANT_URL"


class CollectionGone(IndexUnavailable):
    """The collection that an alias named a moment ago is no more; look the alias up again."""


@contextmanager
def translated(url: str) -> Iterator[None]:
    """Raise an error of catalog/errors.py for every exception of a call. `url` stands in the message, without
    a login."""
    try:
        yield
    except (ApiException, QdrantException, ReadRefused, WireBroken, TimeoutError) as error:
        raise _translation(error, without_login(url)) from error


def _translation(error: Exception, url: str) -> CatalogError:
    if isinstance(error, TimeoutError):
        return too_late(url)
    if isinstance(error, WireBroken):
        return silent(url)
    if isinstance(error, ReadRefused):
        return refusal(error.status, url)
    if isinstance(error, ResponseHandlingException):
        # By name: the client's HTTP library is its own affair, and all of its time-outs are called so.
        return too_late(url) if "Timeout" in type(error.source).__name__ else silent(url)
    if not isinstance(error, UnexpectedResponse):  # 429 is the only other one that the client raises
        return IndexUnavailable(f"The vector store at {url} is too busy.")
    return refusal(error.status_code or 0, url)


def too_late(url: str) -> CatalogError:
    """The store has not answered in time."""
    return IndexTimeout(f"The vector store at {url} did not answer in time.")


def silent(url: str) -> CatalogError:
    """Nothing sensible came from the store."""
    return IndexUnavailable(f"The vector store at {url} does not answer: {HOW_TO_START}.")


def refusal(status: int, url: str) -> CatalogError:
    """The store has answered with that status, which is no success."""
    if status in (401, 403):
        return IndexRefused(f"The vector store at {url} refuses the key: check QDRANT_API_KEY.")
    if status == 404:
        return CollectionGone(f"The vector store at {url} does not know the collection.")
    if status == 409:
        return CollectionExists(f"The vector store at {url} has a collection of that name already.")
    if status in (408, 504):
        return too_late(url)
    if status == 507:
        return IndexUnavailable(f"The disk of the vector store at {url} is full.")
    if status == 429 or status >= 500:
        return IndexUnavailable(f"The vector store at {url} cannot answer now (HTTP {status}).")
    return IndexRefused(f"The vector store at {url} rejects the call (HTTP {status}).")
