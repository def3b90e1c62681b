"""Qdrant's envelope around every answer."""

import logging
import time
from typing import Any

import orjson

from vectorstore.errors import StoreError

_log = logging.getLogger(__name__)


def success(started_s: float, result: Any) -> bytes:
    return orjson.dumps({"result": result, "status": "ok", "time": time.perf_counter() - started_s})


def failure(started_s: float, error: Exception, call: str) -> tuple[int, bytes]:
    """Status and body. An error that is not the caller's is logged, and its text kept from the caller."""
    status, text = 500, "Service internal error: see the log of the vector store"
    if isinstance(error, StoreError):
        status, text = error.status, str(error)
    if status == 500:
        _log.error("%s failed", call, exc_info=error)
    body = {"result": None, "status": {"error": text}, "time": time.perf_counter() - started_s}
    return status, orjson.dumps(body)
