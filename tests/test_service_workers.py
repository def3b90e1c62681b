"""Several gunicorn workers over the real model: each loads it after the fork, none of them PyTorch."""

import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from catalog.collection import connect
from catalog.encoder import Encoder
from catalog.index import ItemIndex
from tests.processes import free_port, running, wait_until_ready
from tests.requirement_sets import environ_without
from tests.service_shop import SHOP, fill, settings_for

ALIAS = "workers-tests"
WORKERS = 2


@pytest.fixture
def workers(store_url: str, encoder: Encoder, tmp_path: Path) -> Iterator[tuple[str, list[int], Path]]:
    """The address of a gunicorn, the process ids of its workers, and its log.

    At the end all of them have to leave in peace: a library that was loaded before the fork aborts there.
    """
    client = connect(settings_for(store_url))
    fill(ItemIndex(client, store_url, ALIAS, encoder), encoder, SHOP)
    client.close()
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environ = {
        "PORT": str(port), "QDRANT_URL": store_url, "INDEX_ALIAS": ALIAS, "WEB_CONCURRENCY": str(WORKERS),
        # As in the web image: huey imports the gevent that locust brings along, which takes 8 MB.
        **environ_without("requirements-web.txt", tmp_path / "fence"),
    }  # fmt: skip
    log = tmp_path / "web.log"
    with running("-m", "gunicorn", log=log, environ=environ) as master:
        wait_until_ready(f"{url}/readyz", master)
        while log.read_text().count("encoder loaded") < WORKERS:
            assert master.poll() is None
        children = Path(f"/proc/{master.pid}/task/{master.pid}/children").read_text().split()
        yield url, [int(child) for child in children], log
    assert master.returncode == 0
    assert "terminate called" not in log.read_text()
    assert "SIGABRT" not in log.read_text()


def test_every_worker_answers_without_pytorch_in_little_memory(
    workers: tuple[str, list[int], Path],
) -> None:
    url, ids, log = workers

    def search(number: int) -> int:
        with urllib.request.urlopen(f"{url}/v1/search?text=dress+{number}", timeout=30) as response:
            return int(response.status)

    with ThreadPoolExecutor(8) as clients:
        assert set(clients.map(search, range(80))) == {200}
    assert log.read_text().count("encoder loaded: model=compact runtime=onnx") == len(ids) == WORKERS
    for worker in ids:
        assert "libtorch" not in Path(f"/proc/{worker}/maps").read_text()
        assert resident_mb(worker) <= 200


def resident_mb(worker: int) -> float:
    lines = Path(f"/proc/{worker}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))
