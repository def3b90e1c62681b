"""Turns what qdrant_client raises into our own errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

from catalog.errors import CatalogError, IndexRefused, IndexTimeout, IndexUnavailable

HOW_TO_START = "start it with `python -m vectorstore` or set QDRANT_URL"


class CollectionGone(IndexUnavailable):
    """The collection that an alias named a moment ago is no more; look the alias up again."""


@contextmanager
def translated(url: str) -> Iterator[None]:
    """Raise an error of catalog/errors.py for every exception of the client. `url` stands in the message."""
    try:
        yield
    except (ApiException, QdrantException) as error:
        raise _translation(error, url) from error


def _translation(error: Exception, url: str) -> CatalogError:
    if isinstance(error, ResponseHandlingException):
        # By name: the client's HTTP library is its own affair, and all of its time-outs are called so.
        if "Timeout" in type(error.source).__name__:
            return IndexTimeout(f"The vector store at {url} did not answer in time.")
        return IndexUnavailable(f"The vector store at {url} does not answer: {HOW_TO_START}.")
    if not isinstance(error, UnexpectedResponse):  # 429 is the only other one that the client raises
        return IndexUnavailable(f"The vector store at {url} is too busy.")
    status = error.status_code or 0
    if status in (401, 403):
        return IndexRefused(f"The vector store at {url} refuses the key: check QDRANT_API_KEY.")
    if status == 404:
        return CollectionGone(f"The vector store at {url} does not know the collection.")
    if status in (408, 504):
        return IndexTimeout(f"The vector store at {url} did not answer in time.")
    if status == 507:
        return IndexUnavailable(f"The disk of the vector store at {url} is full.")
    if status == 429 or status >= 500:
        return IndexUnavailable(f"The vector store at {url} cannot answer now (HTTP {status}).")
    return IndexRefused(f"The vector store at {url} rejects the call (HTTP {status}).")
