"""The vector store as a server: one owner, keys, limits, refusals, and an orderly end."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from qdrant_client import models
from qdrant_client.http.exceptions import UnexpectedResponse

from tests.vectorstore_process import VectorStore, family, serving
from tests.vectorstore_shop import COLLECTION, Shop, create, put
from vectorstore.shard.routes import READS as SHARD_READS
from vectorstore.shard.routes import WRITES as SHARD_WRITES
from vectorstore.targets import READS, WRITES

SHOP = Shop.made(60, dimension=8, queries=2)


@pytest.fixture(scope="module")
def store() -> Iterator[VectorStore]:
    with serving() as running, running.client() as client:
        create(client, SHOP.dimension)
        with httpx.Client(base_url=running.url) as http:
            put(http, SHOP.body(0))
        yield running


@pytest.fixture
def http(store: VectorStore) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=store.url, timeout=30) as opened:
        yield opened


def assert_refused(answer: httpx.Response, status: int, *words: str) -> None:
    """Qdrant's error envelope, and nothing of a result."""
    assert answer.status_code == status, answer.text
    body = models.ErrorResponse.model_validate(answer.json())
    assert body.result is None
    assert body.time is not None
    assert body.status is not None and body.status.error
    for word in words:
        assert word in body.status.error


def test_every_call_of_the_server_has_an_answer_in_the_shard_process() -> None:
    assert READS == SHARD_READS.keys()
    assert WRITES == SHARD_WRITES.keys()


def test_a_caller_who_goes_in_the_middle_of_a_call_is_no_fault_of_the_server(
    store: VectorStore, http: httpx.Client
) -> None:
    address = httpx.URL(store.url)
    head = f"PUT /collections/{COLLECTION}/points HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
    with socket.create_connection((address.host, address.port)) as caller:
        caller.sendall(head.encode() + b'{"points": ')
        assert http.get("/readyz").status_code == 200  # by then the server is waiting for the rest
    assert http.get("/readyz").status_code == 200
    assert not store.said("ERROR") and not store.said("Traceback"), store.lines


def test_health_version_and_metrics_answer(http: httpx.Client) -> None:
    for path in ("/healthz", "/livez", "/readyz"):
        assert http.get(path).status_code == 200
    version = models.VersionInfo.model_validate(http.get("/").json())
    assert "Qdrant Edge" in version.title
    metrics = http.get("/metrics").text
    assert f'collection_points{{id="{COLLECTION}"}} 60' in metrics
    assert "rest_responses_duration_seconds_count" in metrics


def test_a_second_owner_is_refused_and_the_first_unharmed(store: VectorStore, http: httpx.Client) -> None:
    second = VectorStore(store.path)
    second.launch()
    assert second.wait() == 1
    assert second.said(f"process {store.process.pid} on {store.url}")
    assert len(second.lines) == 1
    put(http, SHOP.body(0))


def test_a_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        store = VectorStore(tmp_path)
        store.launch("--port", str(port))
        assert store.wait() == 1
    assert store.said(f"127.0.0.1:{port}")
    assert len(store.lines) == 1


def test_a_bad_setting_is_named(tmp_path: Path) -> None:
    store = VectorStore(tmp_path, {"QDRANT__SERVICE__MAX_REQUEST_SIZE_MB": "many"})
    store.launch()
    assert store.wait() == 1
    assert store.said("QDRANT__SERVICE__MAX_REQUEST_SIZE_MB")


def test_keys_are_those_of_the_real_server() -> None:
    keys = {"QDRANT__SERVICE__API_KEY": "all", "QDRANT__SERVICE__READ_ONLY_API_KEY": "look"}
    with serving(environ=keys) as store, httpx.Client(base_url=store.url) as http:
        path = f"/collections/{COLLECTION}"
        assert http.get("/readyz").status_code == 200
        assert_refused(http.get(path), 401)
        assert_refused(http.get(path, headers={"api-key": "wrong"}), 401)
        assert_refused(http.get(path, headers={"api-key": "look"}), 404)
        assert_refused(http.get(path, headers={"Authorization": "Bearer all"}), 404)
        assert_refused(http.post(f"{path}/points/count", headers={"api-key": "look"}, content=b"{}"), 404)
        assert_refused(http.post(f"{path}/points/delete", headers={"api-key": "look"}, content=b"{}"), 403)
        assert_refused(http.put(path, headers={"api-key": "look"}, content=b"{}"), 403)
        assert http.get("/collections", headers={"api-key": "look"}).status_code == 200


def test_a_body_over_the_limit_is_refused(http: httpx.Client) -> None:
    path = f"/collections/{COLLECTION}/points/count"
    assert_refused(http.post(path, content=b" " * (32 * 1024 * 1024 + 1)), 413)
    in_chunks = (b" " * 1024 * 1024 for _ in range(33))
    assert_refused(http.post(path, content=in_chunks), 413)
    assert http.post(path, content=b" " * (32 * 1024 * 1024 - 2) + b"{}").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "hint"),
    [
        ("PUT", f"/collections/{COLLECTION}/snapshots/recover", "snapshots/upload"),
        ("POST", f"/collections/{COLLECTION}/points/search", "points/query"),
        ("POST", f"/collections/{COLLECTION}/points/search/matrix/pairs", "points/query"),
        ("PUT", f"/collections/{COLLECTION}/vectors/other", "switch the alias"),
        ("GET", "/cluster", "Qdrant server"),
        ("GET", "/telemetry", "/metrics"),
        ("GET", "/whatever", "Qdrant server"),
    ],
)
def test_what_is_not_answered_says_what_to_use_instead(
    http: httpx.Client, method: str, path: str, hint: str
) -> None:
    assert_refused(http.request(method, path, content=b"{}"), 501, hint)


VECTOR = SHOP.vectors[0].tolist()
_FILTER = {"must": [{"key": "price", "range": {"gt": 1}}]}


@pytest.mark.parametrize(
    ("status", "call", "body"),
    [
        (400, "PUT points", {"points": [{"id": 1, "vector": {"image": VECTOR[:3]}}]}),
        (400, "PUT points", {"points": [{"id": 1, "vector": {"image": [0.0] * 8}}]}),
        (400, "PUT points", {"points": [{"id": 1, "vector": {"image": [1e300] * 8}}]}),
        (400, "PUT points", {"points": [{"id": 1, "vector": {"nobody": VECTOR}}]}),
        (400, "PUT points", {"points": [{"id": "no-uuid", "vector": {"image": VECTOR}}]}),
        (400, "PUT points", {"points": [{"id": -1, "vector": {"image": VECTOR}}]}),
        (400, "PUT points", {"points": []}),
        (400, "PUT points", {"points": [{"id": 1}]}),
        (501, "PUT points", {"points": [{"id": 1, "vector": {"image": {"text": "a", "model": "clip"}}}]}),
        (501, "PUT points", {"points": [{"id": 1, "vector": {"keywords": {"text": "a", "model": "clip"}}}]}),
        (501, "PUT points", {"points": [{"id": 1, "vector": {"image": VECTOR}}], "shard_key": "a"}),
        (400, "POST points/query", {"query": VECTOR[:2], "using": "image"}),
        (400, "POST points/query", {"query": VECTOR}),
        (400, "POST points/query", {"query": VECTOR, "using": "image", "unknown": 1}),
        (422, "POST points/query", {"query": VECTOR, "using": "image", "limit": 0}),
        (404, "POST points/query", {"query": 999_999, "using": "image"}),
        (501, "POST points/query", {"query": 1, "using": "image", "lookup_from": {"collection": "items"}}),
        (
            501,
            "POST points/query/groups",
            {"query": 1, "using": "image", "group_by": "a", "with_lookup": "items"},
        ),
        (400, "POST points/scroll", {"order_by": "title"}),
        (400, "POST facet", {"key": "title"}),
        (404, "POST points/payload", {"payload": {"a": 1}, "points": [999_999]}),
        (422, "POST points/payload", {"payload": {"a": 1}}),
        (
            501,
            "PUT index",
            {"field_name": "brand", "field_schema": {"type": "keyword", "enable_hnsw": False}},
        ),
        (501, "PATCH ", {"hnsw_config": {"m": 4}}),
    ],
)
def test_a_wrong_request_is_refused(http: httpx.Client, status: int, call: str, body: dict[str, Any]) -> None:
    method, _, below = call.partition(" ")
    answer = http.request(
        method, f"/collections/{COLLECTION}/{below}".rstrip("/"), content=orjson.dumps(body)
    )
    assert_refused(answer, status)


def test_not_a_number_is_refused(http: httpx.Client) -> None:
    body = b'{"points": [{"id": 1, "vector": {"image": [NaN, 1, 1, 1, 1, 1, 1, 1]}}]}'
    assert_refused(http.put(f"/collections/{COLLECTION}/points", content=body), 400)
    assert_refused(http.put(f"/collections/{COLLECTION}/points", content=b"{"), 400)


def test_an_unknown_collection_is_404_in_the_words_of_the_real_server(http: httpx.Client) -> None:
    answer = http.post("/collections/nobody/points/count", content=b"{}")
    assert_refused(answer, 404, "Not found: Collection `nobody` doesn't exist!")
    assert_refused(
        http.put("/collections/..%2Fescape", content=b'{"vectors": {"size": 4, "distance": "Dot"}}'), 422
    )
    assert_refused(
        http.put(f"/collections/{COLLECTION}", content=b'{"vectors": {"size": 4, "distance": "Dot"}}'), 409
    )


def test_settings_that_are_not_honoured_are_refused(http: httpx.Client) -> None:
    vectors = {"size": 4, "distance": "Cosine"}
    for more in (
        {"shard_number": 2},
        {"replication_factor": 2},
        {"quantization_config": {"binary": {}}},
        {"strict_mode_config": {"enabled": True, "read_rate_limit": 10}},
        {"vectors": {**vectors, "multivector_config": {"comparator": "max_sim"}}},
        {"vectors": {**vectors, "datatype": "uint8"}},
    ):
        answer = http.put("/collections/other", content=orjson.dumps({"vectors": vectors, **more}))
        assert_refused(answer, 501)
    assert http.get("/collections/other/exists").json()["result"] == {"exists": False}


def test_aliases_switch_in_one_step_or_not_at_all(store: VectorStore) -> None:
    with store.client() as client:
        create(client, 8, "old")
        create(client, 8, "new")
        link = models.CreateAlias(collection_name="old", alias_name="live")
        client.update_collection_aliases([models.CreateAliasOperation(create_alias=link)])
        drop = models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name="live"))
        missing = models.CreateAlias(collection_name="nobody", alias_name="live")
        with pytest.raises(UnexpectedResponse, match="404"):
            client.update_collection_aliases([drop, models.CreateAliasOperation(create_alias=missing)])
        assert client.get_collection_aliases("old").aliases[0].alias_name == "live"
        switched = models.CreateAlias(collection_name="new", alias_name="live")
        client.update_collection_aliases([drop, models.CreateAliasOperation(create_alias=switched)])
        assert client.get_collection_aliases("new").aliases[0].alias_name == "live"
        client.delete_collection("new")
        assert not client.collection_exists("live")
        assert client.get_aliases().aliases == []


def test_metadata_and_settings_are_kept_and_told(store: VectorStore) -> None:
    with store.client() as client:
        client.create_collection(
            "described",
            vectors_config=models.VectorParams(size=4, distance=models.Distance.DOT),
            metadata={"model": "compact", "n": 1},
        )
        client.create_payload_index(
            "described",
            "title",
            field_schema=models.TextIndexParams(
                type=models.TextIndexType.TEXT, tokenizer=models.TokenizerType.WORD, scoring=True
            ),
        )
        client.update_collection("described", metadata={"n": 2})
        info = client.get_collection("described")
        assert info.config.metadata == {"model": "compact", "n": 2}
        assert info.config.params.vectors == models.VectorParams(size=4, distance=models.Distance.DOT)
        assert info.payload_schema["title"].data_type == models.PayloadSchemaType.TEXT
        client.upsert(
            "described", [models.PointStruct(id=1, vector=[1, 2, 3, 4], payload={"title": "red dress"})]
        )
        assert client.retrieve("described", [1], with_vectors=True)[0].vector == [1, 2, 3, 4]
        found = client.query_points("described", query=models.TextQuery(text="dress"), using="title")
        assert [hit.id for hit in found.points] == [1]


def test_keywords_are_ranked_by_bm25_and_an_empty_text_finds_nothing(store: VectorStore) -> None:
    with store.client() as client:
        asked = models.Document(text="dress 5", model="qdrant/bm25")
        found = client.query_points(COLLECTION, query=asked, using="keywords", limit=3).points
        assert found[0].id == 5
        nothing = models.Document(text="", model="qdrant/bm25")
        assert client.query_points(COLLECTION, query=nothing, using="keywords").points == []
        client.upsert(COLLECTION, [models.PointStruct(id=500, vector={"image": VECTOR, "keywords": nothing})])
        client.delete(COLLECTION, models.PointIdsList(points=[500]))


def test_a_stop_drains_flushes_and_exits_with_0(tmp_path: Path) -> None:
    with serving(tmp_path) as store:
        with store.client() as client, httpx.Client(base_url=store.url) as http:
            create(client, SHOP.dimension)
            http.put(f"/collections/{COLLECTION}/points?wait=false", content=SHOP.body(0))
            assert store.stop() == 0
        store.start()
        with store.client() as client:
            assert client.count(COLLECTION).count == 60
            assert set(client.get_collection(COLLECTION).payload_schema) >= {"price", "category"}


def test_a_shard_process_leaves_one_processor_to_those_who_ask(store: VectorStore) -> None:
    threads = [
        [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/comm")]
        for pid in family(store.process.pid)
    ]
    searching = [sum("edge-search" in name for name in names) for names in threads]
    assert {count for count in searching if count} == {max(1, (os.cpu_count() or 1) - 1)}
