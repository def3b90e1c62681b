"""Imports qdrant-client in two thirds of its time, for programs whose start counts."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import BaseModel


@contextmanager
def models_wait() -> Iterator[None]:
    """Within, who asks pydantic to finish a model is not heard: it does so by itself when one is first used,
    which must not be within.

    qdrant-client, when it is imported, asks it for each of its 340 models, of which a program uses a tenth:
    0.3 s, and 14 MB of each process (measured). pydantic finishes them under a lock, so threads may use them.
    """
    rebuild = BaseModel.__dict__["model_rebuild"]
    BaseModel.model_rebuild = classmethod(lambda cls, **options: None)  # type: ignore[assignment]
    try:
        yield
    finally:
        BaseModel.model_rebuild = rebuild  # type: ignore[method-assign]
