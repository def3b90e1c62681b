"""Calls into Qdrant Edge, whose bare exceptions become ours."""

import errno
import re
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from vectorstore.errors import BadRequest, DiskFull, NotAnswered, NotFound, StoreError

P = ParamSpec("P")
T = TypeVar("T")

_FULL = "No space left on the disk of the vector store"

# Edge raises plain `Exception` with a text; a server has these statuses for them. First match counts.
_MEANINGS: tuple[tuple[re.Pattern[str], type[StoreError], str], ...] = (
    (
        re.compile(r"No space left|os error 28", re.I),
        DiskFull,
        "No space left on the disk of the vector store",
    ),
    (re.compile(r"No point with id"), NotFound, "Not found: {} found"),
    (re.compile(r"not (yet )?(implemented|supported)", re.I), NotAnswered, "{}"),
    (re.compile(r"Service (internal )?error|I/O error|inconsistent", re.I), StoreError, ""),
)


def engine(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run one call of Edge. Raises a StoreError in place of what Edge raises."""
    try:
        return call(*args, **kwargs)
    except (ValueError, TypeError, OverflowError) as error:
        raise BadRequest(f"Wrong input: {_first_line(error)}") from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull(_FULL) from error
        raise
    except Exception as error:
        # Edge has no exception class of its own: anything narrower belongs to somebody else.
        if type(error) is not Exception:
            raise
        raise _translation(error) from error


def _translation(error: Exception) -> StoreError:
    text = _first_line(error)
    for pattern, kind, wording in _MEANINGS:
        if pattern.search(text):
            return kind(wording.format(text) or "Service internal error: see the log of the vector store")
    return BadRequest(f"Wrong input: {text}")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
