"""Strict mode: what no call of ours does is refused, by the vectorstore as by a Qdrant server."""

from typing import Any

import httpx
import pytest

from catalog.index import ItemIndex
from catalog.schema import STRICT_MODE
from catalog.settings import Settings

UNINDEXED = {"key": "title", "match": {"value": "red"}}
BOTH = [pytest.param("store"), pytest.param("server", marks=pytest.mark.server)]


@pytest.fixture(params=BOTH)
def collection(index: ItemIndex, settings: Settings) -> str:
    """The address of an empty collection as Vitrine makes one."""
    return f"{settings.qdrant_url}/collections/{index.ensure()}"


def test_a_collection_says_what_it_allows(collection: str) -> None:
    config = httpx.get(collection).json()["result"]["config"]["strict_mode_config"]
    asked = STRICT_MODE.model_dump(exclude_none=True)
    assert {name: config.get(name) for name in asked} == asked


@pytest.mark.parametrize(
    ("call", "body", "word"),
    [
        ("POST points/scroll", {"filter": {"must": [UNINDEXED]}}, "title"),
        ("POST points/scroll", {"filter": {"must_not": [{"should": [UNINDEXED]}]}}, "title"),
        ("POST points/scroll", {"filter": {"must": [{"is_empty": {"key": "url"}}]}}, "url"),
        ("POST points/scroll", {"filter": {"must": [{"key": "category", "range": {"gt": 1}}]}}, "category"),
        ("POST points/scroll", {"limit": 2_000_001}, "limit"),
        ("POST points/count", {"filter": {"must": [UNINDEXED]}}, "title"),
        ("POST facet", {"key": "category", "filter": {"must": [UNINDEXED]}}, "title"),
        ("POST points/query", {"prefetch": [{"filter": {"must": [UNINDEXED]}}], "query": {"fusion": "rrf"}},
         "title"),
        ("POST points/query/batch", {"searches": [{"limit": 1}] * 33}, "batch"),
        ("POST points/query/batch", {"searches": [{"filter": {"must": [UNINDEXED]}}]}, "title"),
        ("POST points/delete", {"filter": {"must": [UNINDEXED]}}, "title"),
        ("POST points/payload", {"payload": {"a": 1}, "filter": {"must": [UNINDEXED]}}, "title"),
        ("POST points/batch", {"operations": [{"delete": {"filter": {"must": [UNINDEXED]}}}]}, "title"),
        ("PUT points", {"points": [{"id": n, "vector": {}} for n in range(257)]}, "upsert"),
    ],
)  # fmt: skip
def test_what_would_look_at_every_point_is_refused(
    collection: str, call: str, body: dict[str, Any], word: str
) -> None:
    method, _, path = call.partition(" ")
    answer = httpx.request(method, f"{collection}/{path}", json=body)
    assert answer.status_code == 400, answer.text
    assert word in answer.json()["status"]["error"]


def test_what_has_an_index_is_answered_also_when_it_came_later(collection: str) -> None:
    scroll = {"filter": {"must": [UNINDEXED]}}
    httpx.put(
        f"{collection}/index",
        json={"field_name": "title", "field_schema": "keyword"},
        params={"wait": "true"},
    )
    assert httpx.post(f"{collection}/points/scroll", json=scroll).status_code == 200
    httpx.delete(f"{collection}/index/title", params={"wait": "true"})
    assert httpx.post(f"{collection}/points/scroll", json=scroll).status_code == 400
    ranged = {"filter": {"must": [{"key": "price", "range": {"gt": 1}}, {"has_id": [1]}]}}
    assert httpx.post(f"{collection}/points/count", json=ranged).status_code == 200
