"""GET /metrics: what is counted, under which labels, and that several gunicorn workers are one sum."""

import os
import re
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from catalog.collection import connect
from catalog.encoder import Encoder
from catalog.encoders.text_cache import CacheCounts
from catalog.index import ItemIndex
from tests.processes import free_port, running, wait_until_ready
from tests.service_doubles import ColourEncoder
from tests.service_keys import app_with
from tests.service_shop import SHOP, fill, settings_for

pytest_plugins = ["tests.service_fixtures"]

ALIAS = "metrics-tests"
WORKERS = 3


def samples(text: str) -> dict[tuple[str, ...], float]:
    """By name and label values, in the order of the labels' names."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def app(shop_index: ItemIndex, colours: ColourEncoder) -> Flask:
    return app_with(shop_index, colours)


def figures(client: FlaskClient) -> dict[tuple[str, ...], float]:
    response = client.get("/metrics")
    assert response.status_code == 200 and response.mimetype == "text/plain"
    return samples(response.text)


def test_requests_are_counted_by_route_method_and_status(app: Flask) -> None:
    client = app.test_client()
    for item_id in ("red-dress", "blue-dress", "gone"):
        client.get(f"/v1/items/{item_id}")
    client.post("/v1/search", json={"limit": 0})
    client.open("/v1/search", method="BREW")
    client.get("/no/such/address")
    found = figures(client)
    name, item = "vitrine_http_requests_total", "/v1/items/<item_id:item_id>"
    assert found[name, "GET", item, "200"] == 2
    assert found[name, "GET", item, "404"] == 1
    assert found[name, "POST", "/v1/search", "422"] == 1
    assert found[name, "other", "none", "405"] == 1
    assert found[name, "GET", "none", "404"] == 1
    errors = {key[1]: n for key, n in found.items() if key[0] == "vitrine_errors_total" and n}
    assert errors == {"item_not_found": 1, "request_invalid": 1, "method_not_allowed": 1, "not_found": 1}
    assert found["vitrine_http_requests_in_progress",] == 1, "the one that asks for the figures"


def test_stages_are_timed_in_seconds(app: Flask) -> None:
    client = app.test_client()
    for _ in range(3):
        answer = client.get("/v1/search?text=red").json
    found = figures(client)
    counts = {
        key[1]: value for key, value in found.items() if key[0] == "vitrine_stage_duration_seconds_count"
    }
    assert counts["total"] == counts["search"] == 3
    assert "decode" not in counts, "there was no picture"
    total_s = found["vitrine_stage_duration_seconds_sum", "total"]
    assert answer["took_ms"]["total"] / 1000 < total_s < 60


def test_what_a_client_makes_up_never_becomes_a_label(app: Flask) -> None:
    client = app.test_client()
    figures(client)
    before = len(figures(client))
    for number in range(50):
        client.get(f"/v1/items/unknown-{number}")
        client.get(f"/{number}?x={number}", headers={"X-Request-ID": f"id-{number}"})
        client.open("/v1/search", method=f"M{number}")
    assert len(figures(client)) <= before + 2 * 6, "a few more names, each with the time it was made"


def test_remembered_texts_are_told_from_embedded_ones(shop_index: ItemIndex, colours: ColourEncoder) -> None:
    class Remembering(ColourEncoder):
        text_cache = CacheCounts(5, 5)

    encoder = Remembering()
    client = app_with(shop_index, encoder).test_client()
    encoder.text_cache = CacheCounts(7, 6)
    client.get("/v1/search?text=red")
    client.get("/v1/search?text=red")
    found = figures(client)
    assert found["vitrine_text_cache_hits_total",] == 2 and found["vitrine_text_cache_misses_total",] == 1


@dataclass(frozen=True)
class Web:
    url: str
    workers: list[int]
    master: int
    folder: Path

    def figures(self) -> dict[tuple[str, ...], float]:
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=30) as response:
            return samples(response.read().decode())

    def search(self, number: int) -> None:
        try:
            urllib.request.urlopen(
                f"{self.url}/v1/search?text=dress+{number % 5}&limit=1", timeout=30
            ).close()
        except urllib.error.HTTPError as error:
            error.close()
            raise


@pytest.fixture
def web(store_url: str, encoder: Encoder, tmp_path: Path) -> Iterator[Web]:
    client = connect(settings_for(store_url))
    fill(ItemIndex(client, store_url, ALIAS, encoder), encoder, SHOP)
    client.close()
    port = free_port()
    environ = {
        "PORT": str(port), "QDRANT_URL": store_url, "INDEX_ALIAS": ALIAS, "WEB_CONCURRENCY": str(WORKERS),
        "TMPDIR": str(tmp_path), "RATE_LIMIT": "off",
    }  # fmt: skip
    log = tmp_path / "web.log"
    with running("-m", "gunicorn", log=log, environ=environ) as master:
        wait_until_ready(f"http://127.0.0.1:{port}/readyz", master)
        while log.read_text().count("encoder loaded") < WORKERS:
            assert master.poll() is None
            time.sleep(0.05)
        yield Web(f"http://127.0.0.1:{port}", children(master.pid), master.pid, tmp_path)
    assert list(tmp_path.glob("vitrine-metrics-*")) == [], "gunicorn takes its folder away"


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_every_worker_tells_the_sum_of_all(web: Web) -> None:
    with ThreadPoolExecutor(8) as clients:
        list(clients.map(web.search, range(120)))
    # Each counts into a file of its own, so this test would see it if only one had worked.
    served = [pid for pid in web.workers if list(web.folder.glob(f"vitrine-metrics-*/counter_{pid}.db"))]
    assert len(served) >= 2
    searches = ("vitrine_http_requests_total", "GET", "/v1/search", "200")
    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(lambda _: web.figures(), range(24)))
    assert {answer[searches] for answer in answers} == {120}
    assert {answer["vitrine_stage_duration_seconds_count", "total"] for answer in answers} == {120}
    hits, misses = ("vitrine_text_cache_hits_total",), ("vitrine_text_cache_misses_total",)
    assert {answer[hits] + answer[misses] for answer in answers} == {120}
    assert all(5 <= answer[misses] <= 5 * WORKERS + 8 for answer in answers)
    assert all(1 <= answer["vitrine_http_requests_in_progress",] <= 8 for answer in answers)


def test_what_a_dead_worker_counted_stays_in_the_sum(web: Web) -> None:
    with ThreadPoolExecutor(8) as clients:
        list(clients.map(web.search, range(60)))
    os.kill(web.workers[0], signal.SIGKILL)
    deadline = time.monotonic() + 60
    while web.workers[0] in children(web.master) or len(children(web.master)) < WORKERS:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    for _ in range(6):
        found = web.figures()
        assert found["vitrine_http_requests_total", "GET", "/v1/search", "200"] == 60
        assert found["vitrine_http_requests_in_progress",] == 1


def test_names_follow_the_conventions_of_prometheus(app: Flask) -> None:
    client = app.test_client()
    client.get("/v1/search?text=red")
    families = list(text_string_to_metric_families(client.get("/metrics").text))
    for family in families:
        assert re.fullmatch(r"vitrine_[a-z_]+", family.name) and family.documentation
        if family.type == "histogram":
            assert family.name.endswith("_seconds")
