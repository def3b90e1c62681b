"""Sets up logging for a process: one line an event on standard error, for people or as JSON for programs."""

import logging
import warnings
from contextvars import ContextVar
from typing import Any, Literal, TextIO

from pythonjsonlogger.json import JsonFormatter

LogFormat = Literal["text", "json"]

# The request that this thread answers; the web service sets it.
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def set_up_logging(level: str, format_: LogFormat = "text") -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(formatter(format_))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    warnings.showwarning = _log_warning
    # They log every request and every file at INFO.
    for library in ("httpx", "httpcore", "sentence_transformers", "transformers"):
        logging.getLogger(library).setLevel(logging.WARNING)


def _log_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """A library's warning as a line like any other; Python itself writes two, for people."""
    logging.getLogger("py.warnings").warning("%s: %s (%s:%d)", category.__name__, message, filename, lineno)


def formatter(format_: LogFormat) -> logging.Formatter:
    """Puts the request's id into every line that is written while the request is answered."""
    return _JsonLines() if format_ == "json" else _TextLines()


class _TextLines(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        line, current = super().formatMessage(record), request_id.get()
        return line if current is None or current in line else f"{line} request_id={current}"


class _JsonLines(JsonFormatter):
    def __init__(self) -> None:
        names = {"levelname": "level", "name": "logger"}
        super().__init__([*names, "message"], style=",", rename_fields=names, timestamp="time")

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        current = request_id.get()
        return log_data if current is None else {**log_data, "request_id": current}
