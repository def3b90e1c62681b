"""Which stores Vitrine works with: told at the start, by every program, in one line."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from importlib.metadata import version
from pathlib import Path

import pytest

from catalog.errors import StoreUnsupported
from catalog.store_version import StoreVersion, require_supported, store_version
from tests.processes import free_port, run_program
from tests.servers import serving

_MAJOR, _MINOR = (int(part) for part in version("qdrant-client").split(".")[:2])


@contextmanager
def qdrant_of(number: str) -> Iterator[str]:
    """A Qdrant server of that version without collections; all else is 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"title": "qdrant - vector search engine", "version": number}).encode()
            if self.path == "/collections":
                body = b'{"result": {"collections": []}, "status": "ok", "time": 0.0}'
            self.send_response(200 if self.path in ("/", "/collections") else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    with serving(Handler) as url:
        yield url


@pytest.mark.parametrize("minor", [-1, 0, 1])
def test_a_store_close_to_the_client_is_taken_without_a_word(
    minor: int, caplog: pytest.LogCaptureFixture
) -> None:
    require_supported(StoreVersion("qdrant", f"{_MAJOR}.{_MINOR + minor}.3"), "http://store")
    assert caplog.text == ""


def test_a_newer_store_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    require_supported(StoreVersion("qdrant", f"{_MAJOR}.{_MINOR + 2}.0"), "http://store")
    assert "newer than what this Vitrine was tested with" in caplog.text


@pytest.mark.parametrize(
    "number", [f"{_MAJOR}.{_MINOR - 2}.9", f"{_MAJOR + 1}.0.0", f"{_MAJOR - 1}.99.0", "?"]
)
def test_any_other_store_is_refused(number: str) -> None:
    with pytest.raises(StoreUnsupported, match=r"version|works with"):
        require_supported(StoreVersion("qdrant", number), "http://store")


def test_the_two_engines_are_told_apart() -> None:
    assert store_version("qdrant - vector search engine", "1.19.0").engine == "qdrant"
    assert store_version("vectorstore - Qdrant Edge 0.9.0", "1.20.0").engine == "vectorstore"


@pytest.mark.parametrize("program", [["gunicorn"], ["ingest", "work"], ["ingest", "status"]])
def test_every_program_ends_with_one_line_at_a_store_that_is_too_old(
    program: list[str], tmp_path: Path
) -> None:
    with qdrant_of(f"{_MAJOR}.{_MINOR - 2}.0") as url:
        environ = {"QDRANT_URL": url, "PORT": str(free_port()), "STATE_DIR": str(tmp_path)}
        done = run_program("-m", *program, environ={**os.environ, **environ}, timeout_s=60)
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode != 0 and "docs/upgrading.md" in last, done.stderr
    assert "Traceback" not in done.stderr
