"""catalog/log.py: lines for people or for programs, with the request's id in each that belongs to one."""

import json
import logging
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.log import LogFormat, formatter, request_id
from tests.processes import free_port, running, wait_until_ready


@pytest.fixture(autouse=True)
def request_shop_7() -> Iterator[None]:
    token = request_id.set("shop-7")
    yield
    request_id.reset(token)


def line(format_: LogFormat, message: str, *arguments: object, fault: bool = False, **extra: object) -> str:
    record = logging.LogRecord("catalog.x", logging.INFO, __file__, 1, message, arguments, None)
    if fault:
        try:
            raise ValueError("inner")
        except ValueError:
            record.exc_info = sys.exc_info()
    record.__dict__.update(extra)
    return formatter(format_).format(record)


def test_a_line_for_people_ends_with_the_id_of_its_request() -> None:
    assert line("text", "found: n=%d", 3).endswith("INFO catalog.x: found: n=3 request_id=shop-7")
    assert line("text", "found: request_id=%s n=3", "shop-7").count("shop-7") == 1
    first, *rest = line("text", "broken", fault=True).splitlines()
    assert first.endswith("broken request_id=shop-7") and rest[-1] == "ValueError: inner"


def test_a_line_for_programs_is_one_object() -> None:
    text = line("json", 'a "b"\nc %s', "ü", fault=True, status=200)
    assert "\n" not in text
    fields = json.loads(text)
    assert fields["message"] == 'a "b"\nc ü' and fields["request_id"] == "shop-7" and fields["status"] == 200
    assert (fields["level"], fields["logger"]) == ("INFO", "catalog.x")
    assert "ValueError: inner" in fields["exc_info"]


def test_a_line_outside_of_requests_has_no_id() -> None:
    request_id.set(None)
    assert "request_id" not in line("text", "started")
    assert "request_id" not in json.loads(line("json", "started"))


def test_every_line_of_gunicorn_and_the_service_is_json(tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "web.log"
    environ = {
        "PORT": str(port), "QDRANT_URL": f"http://127.0.0.1:{free_port()}", "LOG_FORMAT": "json",
        "QDRANT_API_KEY": "key-of-the-store",  # the client warns of one that is sent without TLS
    }  # fmt: skip
    with running("-m", "gunicorn", log=log, environ=environ) as process:
        wait_until_ready(f"http://127.0.0.1:{port}/healthz?x=secret", process)
        # Not ready, since there is no store; what is logged of it belongs to the request.
        with pytest.raises(AssertionError):
            wait_until_ready(f"http://127.0.0.1:{port}/readyz", process, timeout_s=0.1)
        text = log.read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    loggers = {fields["logger"] for fields in lines}
    assert {"gunicorn.error", "service.request_log", "service.problems", "py.warnings"} <= loggers
    assert lines[0]["message"].startswith("Starting gunicorn")
    (alive, *_) = [fields for fields in lines if fields.get("path") == "/healthz"]
    assert (alive["method"], alive["status"]) == ("GET", 200) and alive["ms"] >= 0
    for fields in lines:
        of_a_request = fields["logger"].startswith("service.") and fields["logger"] != "service.app"
        assert ("request_id" in fields) == of_a_request
    assert "secret" not in text


def test_ingest_logs_json_too(tmp_path: Path) -> None:
    environ = {
        "QDRANT_URL": f"http://127.0.0.1:{free_port()}", "LOG_FORMAT": "json", "STATE_DIR": str(tmp_path),
        "QDRANT_API_KEY": "key-of-the-store", "FEEDS": str(tmp_path / "products.csv"),
    }  # fmt: skip
    log = tmp_path / "work.log"
    with running("-m", "ingest", "work", log=log, environ=environ) as process:
        deadline = time.monotonic() + 60
        while "ingest.watch" not in log.read_text() or not log.read_text().endswith("\n"):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.1)
        lines = [json.loads(line) for line in log.read_text().splitlines()]
    # The threads that take pushed writes miss the store, too, and may say so before.
    fields = next(line for line in lines if line["logger"] == "ingest.watch")
    assert fields["level"] == "ERROR"
    assert "not ingested" in fields["message"]
