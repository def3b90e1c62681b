"""The web service does with Qdrant's read-only key: it makes no call that writes, whatever it is asked."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.processes import free_port, run_program, running, wait_until_ready
from tests.test_commands import make_feed
from tests.vectorstore_process import VectorStore, serving

FULL, READING = "full-0123456789", "reading-0123456789"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VectorStore]:
    keys = {"QDRANT__SERVICE__API_KEY": FULL, "QDRANT__SERVICE__READ_ONLY_API_KEY": READING}
    with serving(tmp_path_factory.mktemp("store"), keys) as store:
        yield store


def refusals(store: VectorStore) -> int:
    """How many calls the store has refused for their key."""
    text = httpx.get(f"{store.url}/metrics", headers={"api-key": READING}).text
    return sum(int(n) for n in re.findall(r'rest_responses_total\{status="40[13]"\} (\d+)', text))


def test_everything_that_the_service_answers_takes_no_more(store: VectorStore, tmp_path: Path) -> None:
    port = free_port()
    own = {
        "QDRANT_URL": store.url, "QDRANT_API_KEY": READING, "STATE_DIR": str(tmp_path / "state"),
        "THUMBNAIL_DIR": str(tmp_path / "thumbnails"), "PORT": str(port), "RATE_LIMIT": "off",
    }  # fmt: skip
    writing = {**own, "QDRANT_API_KEY": FULL}
    url = f"http://127.0.0.1:{port}"
    with running("-m", "gunicorn", log=tmp_path / "web.log", environ=own) as web:
        wait_until_ready(f"{url}/healthz", web)
        assert httpx.get(f"{url}/readyz").status_code == 503  # nothing is indexed, and it makes no index
        assert httpx.get(f"{store.url}/collections", headers={"api-key": READING}).json()["result"] == {
            "collections": []
        }
        feed = make_feed(tmp_path / "feed", 6)
        assert run_program("-m", "ingest", "run", feed, environ=writing).returncode == 0
        with httpx.Client(base_url=url, timeout=30) as http, running(
            "-m", "ingest", "work", log=tmp_path / "worker.log", environ=writing
        ):  # fmt: skip
            _ask_for_everything(http)
            patched = http.patch("/v1/items/A1?wait=true", json={"price": 5})
            assert patched.json()["counts"] == {"payload_updated": 1}, patched.text
        # A feed run with the web service's key would be refused: the key is what keeps it from writing.
        assert refusals(store) == 0
        done = run_program("-m", "ingest", "run", make_feed(tmp_path / "feed", 7), environ=own)
        assert done.returncode == 2 and "refuses the key" in done.stderr
        assert refusals(store) > 0


def _ask_for_everything(http: httpx.Client) -> None:
    http.get("/readyz").raise_for_status()
    item = http.get("/v1/items/A1").raise_for_status().json()
    http.get(item["image"]).raise_for_status()
    for path in ("/v1/search?text=thing", "/v1/search?category=things", "/v1/items/A1/similar", "/v1/stats",
                 "/v1/facets?fields=category,price", "/", "/docs", "/openapi.json", "/metrics"):  # fmt: skip
        http.get(path).raise_for_status()
    search = {
        "query": [{"text": "thing"}, {"item_id": "A2", "weight": -0.5}], "facets": ["category", "price"],
        "filter": {"category": ["things"]}, "diversity": 0.5, "fold_duplicates": True, "limit": 2,
    }  # fmt: skip
    first = http.post("/v1/search", json=search).raise_for_status().json()
    http.post("/v1/search", json={**search, "cursor": first["next_cursor"]}).raise_for_status()
    http.post("/v1/search/batch", json={"searches": [search, {}]}).raise_for_status()
    http.post("/v1/recommend", json={"liked": ["A1"], "disliked": ["A3"]}).raise_for_status()
