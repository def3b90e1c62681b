"""service/shortage.py: a request for which there is no memory is answered 503, and the service goes on."""

import errno
import io
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from PIL import Image

from catalog.collection import connect
from catalog.encoder import Encoder
from catalog.index import ItemIndex
from service.shortage import out_of_memory
from tests.chaos.programs import address_space_of
from tests.processes import free_port, running, wait_until_ready
from tests.service_shop import SHOP, fill, settings_for
from tests.vectorstore_process import family

# Room for an answer, and for none of the pictures below.
HEADROOM_BYTES = 100_000_000


@dataclass
class Service:
    """gunicorn with one worker."""

    http: httpx.Client
    pid: int
    log: Path

    def cap(self, headroom_bytes: int | None) -> None:
        """Bound the memory of its processes at what they have and so much more; None takes the bound away."""
        for pid in family(self.pid):
            most = -1 if headroom_bytes is None else address_space_of(pid) + headroom_bytes
            resource.prlimit(pid, resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))


@pytest.fixture(scope="module")
def service(store_url: str, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    writer = connect(settings_for(store_url))
    fill(ItemIndex(writer, store_url, "memory", encoder), encoder, SHOP)
    writer.close()
    port = free_port()
    environ = {"PORT": str(port), "QDRANT_URL": store_url, "INDEX_ALIAS": "memory", "WEB_CONCURRENCY": "1"}
    log = tmp_path_factory.mktemp("memory") / "web.log"
    with running("-m", "gunicorn", log=log, environ=environ) as process:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(f"{url}/readyz", process)
        with httpx.Client(base_url=url, timeout=60) as http:
            yield Service(http, process.pid, log)


@pytest.fixture(scope="module")
def large_picture() -> bytes:
    """Some kilobytes that are 49 million pixels: 147 MB, and as much again on the way."""
    stream = io.BytesIO()
    Image.new("RGB", (7_000, 7_000), (200, 20, 40)).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def search_by(service: Service, picture: bytes, path: str = "/v1/search") -> httpx.Response:
    return service.http.post(path, files={"image": ("a.png", picture, "image/png")})


def test_what_there_is_no_memory_for_is_answered_503_and_all_else_goes_on(
    service: Service, large_picture: bytes
) -> None:
    assert service.http.get("/v1/search?text=red").status_code == 200
    service.cap(HEADROOM_BYTES)
    try:
        for _ in range(3):
            answer = search_by(service, large_picture)
            assert answer.status_code == 503, answer.text
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.json()["code"] == "out_of_memory" and int(answer.headers["Retry-After"]) >= 1
            assert "MemoryError" not in answer.text
            assert service.http.get("/v1/search?text=red").json()["total"] == len(SHOP)
        page = search_by(service, large_picture, "/")
        assert page.status_code == 503 and page.headers["Content-Type"].startswith("text/html")
        lines = [line for line in service.log.read_text().splitlines() if "out_of_memory:" in line]
        assert len(lines) == 4 and all("MemoryError" in line for line in lines)
        assert answer.json()["request_id"] in lines[2]
        assert "Traceback" not in service.log.read_text()
        assert 'vitrine_errors_total{code="out_of_memory"} 4.0' in service.http.get("/metrics").text
    finally:
        service.cap(None)
    assert search_by(service, large_picture).status_code == 200, "once there is memory again"


@pytest.mark.parametrize(
    ("error", "is_shortage"),
    [
        (MemoryError(), True),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), True),
        (RuntimeError("can't start new thread"), True),
        (OSError(errno.ENOSPC, "No space left on device"), False),
        (RuntimeError("dictionary changed size during iteration"), False),
    ],
)
def test_a_want_of_memory_is_told_from_a_fault_of_ours(error: Exception, is_shortage: bool) -> None:
    assert (out_of_memory(error) is not None) == is_shortage
