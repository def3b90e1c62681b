"""Snapshots of the vector store: whole, made while it is written to, and refused where they are damaged."""

import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.test_vectorstore_durability import mounted
from tests.vectorstore_process import ROOT, VectorStore, serving
from tests.vectorstore_shop import COLLECTION, Shop, create, put

SHOP = Shop.made(1200, dimension=32, queries=2)
PATH = f"/collections/{COLLECTION}/snapshots"


@pytest.fixture(scope="module")
def store() -> Iterator[VectorStore]:
    """On the disk: in memory a hole that was read counts as written, and snapshots leave holes out."""
    (ROOT / "var").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "var") as folder, serving(Path(folder)) as store:
        with store.client() as client:
            create(client, SHOP.dimension)
            client.update_collection(COLLECTION, metadata={"model": "compact"})
        with httpx.Client(base_url=store.url) as http:
            put(http, SHOP.body(0, 400))
        yield store


@pytest.fixture
def http(store: VectorStore) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=store.url, timeout=60) as http:
        yield http


def snapshot_of(http: httpx.Client) -> tuple[dict[str, Any], bytes]:
    made = http.post(PATH).json()["result"]
    return made, http.get(f"{PATH}/{made['name']}").content


def upload(http: httpx.Client, name: str, content: bytes, **parameters: str) -> httpx.Response:
    files = {"snapshot": ("a.snapshot", content)}
    return http.post(f"/collections/{name}/snapshots/upload", files=files, params=parameters)


def contents(http: httpx.Client, name: str) -> list[dict[str, Any]]:
    body = {"limit": 10_000, "with_payload": True, "with_vector": True}
    points: list[dict[str, Any]] = http.post(f"/collections/{name}/points/scroll", json=body).json()[
        "result"
    ]["points"]
    for point in points:
        words = point["vector"]["keywords"]
        point["vector"]["keywords"] = sorted(zip(words["indices"], words["values"], strict=True))
    return points


def test_a_collection_comes_back_as_it_was(http: httpx.Client) -> None:
    made, content = snapshot_of(http)
    assert made["size"] == len(content) and made["checksum"] == hashlib.sha256(content).hexdigest()
    assert made in http.get(PATH).json()["result"]
    answer = upload(http, "again", content, wait="true", priority="snapshot", checksum=made["checksum"])
    assert answer.status_code == 200, answer.text
    assert contents(http, "again") == contents(http, COLLECTION)
    before, after = (http.get(f"/collections/{n}").json()["result"] for n in (COLLECTION, "again"))
    assert after["config"] == before["config"] and after["payload_schema"] == before["payload_schema"]
    put(http, SHOP.body(400, 1), "again")  # it lives
    http.delete("/collections/again")
    assert http.delete(f"{PATH}/{made['name']}").status_code == 200
    assert http.get(f"{PATH}/{made['name']}").status_code == 404


def test_it_takes_little_room_though_the_files_are_mostly_holes(http: httpx.Client) -> None:
    made, _ = snapshot_of(http)
    assert made["size"] < 20_000_000


def test_what_is_acknowledged_before_is_in_it_and_no_write_in_part(
    store: VectorStore, http: httpx.Client
) -> None:
    """Batches of 40 points are written all the while, by two writers."""
    acknowledged: list[int] = []
    stop = threading.Event()

    def write(start: int) -> None:
        with httpx.Client(base_url=store.url, timeout=60) as own:
            for first in range(start, 1200, 80):
                if stop.is_set():
                    return
                put(own, SHOP.body(first, 40))
                acknowledged.append(first)

    writers = [threading.Thread(target=write, args=(start,)) for start in (400, 440)]
    for writer in writers:
        writer.start()
    while len(acknowledged) < 4:
        time.sleep(0.01)
    before = list(acknowledged)
    _, content = snapshot_of(http)
    stop.set()
    for writer in writers:
        writer.join()
    assert upload(http, "hot", content).status_code == 200
    ids = {point["id"] for point in contents(http, "hot")}
    http.delete("/collections/hot")
    assert ids >= {i for first in before for i in range(first, first + 40)}
    batches = [len(ids & set(range(first, first + 40))) for first in range(400, 1200, 40)]
    assert set(batches) <= {0, 40}


def test_a_snapshot_that_is_damaged_makes_no_collection(http: httpx.Client) -> None:
    made, content = snapshot_of(http)
    half = content[: len(content) // 2]
    flipped = content[:-20_000] + bytes([content[-20_000] ^ 1]) + content[-19_999:]
    assert upload(http, "bad", half).status_code == 400
    assert upload(http, "bad", b"no snapshot").status_code == 400
    assert upload(http, "bad", flipped, checksum=made["checksum"]).status_code == 422
    assert upload(http, "bad", content, colour="red").status_code == 400
    raw = http.post("/collections/bad/snapshots/upload", content=content)
    assert raw.status_code == 400 and "multipart" in raw.text
    assert upload(http, COLLECTION, content).status_code == 409
    assert http.get("/collections/bad/exists").json()["result"] == {"exists": False}


def test_names_reach_nothing_outside_the_snapshots(http: httpx.Client) -> None:
    for name in ("..%2Faliases.json", ".incoming", "%2Fetc%2Fpasswd", "a.snapshot"):
        assert http.get(f"{PATH}/{name}").status_code == 404
        assert http.delete(f"{PATH}/{name}").status_code == 404


def test_a_kill_in_the_middle_of_an_upload_leaves_nothing(tmp_path: Path) -> None:
    with serving(tmp_path) as store:
        with store.client() as client:
            create(client, SHOP.dimension)
        with httpx.Client(base_url=store.url, timeout=60) as http:
            put(http, SHOP.body(0, 200))
            _, content = snapshot_of(http)
            killer = threading.Timer(0.3, store.kill)

            def slowly() -> Iterator[bytes]:
                head = b'--x\r\nContent-Disposition: form-data; name="snapshot"; filename="a"\r\n\r\n'
                yield head + content[: len(content) // 2]
                killer.start()
                time.sleep(2)
                yield content[len(content) // 2 :] + b"\r\n--x--\r\n"

            kind = {"Content-Type": "multipart/form-data; boundary=x"}
            with pytest.raises(httpx.HTTPError):
                http.post("/collections/cut/snapshots/upload", content=slowly(), headers=kind)
        assert list((tmp_path / "snapshots" / ".incoming").iterdir())
        store.start()
        with httpx.Client(base_url=store.url) as http:
            assert http.get("/collections").json()["result"]["collections"] == [{"name": COLLECTION}]
            assert len(http.get(PATH).json()["result"]) == 1
        assert not (tmp_path / "snapshots" / ".incoming").exists()


def test_a_full_disk_refuses_snapshots_and_uploads_and_nothing_is_lost(tmp_path: Path) -> None:
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=96m", "none") as small:
        with serving(small, {"VECTORSTORE_MIN_FREE_DISK_MB": "1"}) as store:
            with store.client() as client:
                create(client, SHOP.dimension)
            with httpx.Client(base_url=store.url, timeout=60) as http:
                put(http, SHOP.body(0, 100))
                filler = small / "filler"
                room = os.statvfs(small).f_bavail * os.statvfs(small).f_frsize
                filler.write_bytes(b"x" * (room - 2_000_000))
                assert http.post(PATH).status_code == 507
                assert upload(http, "big", b"x" * 3_000_000).status_code == 507
                filler.unlink()
                assert http.post(PATH).status_code == 200
                assert len(contents(http, COLLECTION)) == 100
                assert [one["name"] for one in http.get("/collections").json()["result"]["collections"]] == [
                    COLLECTION
                ]


def test_only_the_full_key_may_make_or_send_one(tmp_path: Path) -> None:
    keys = {"QDRANT__SERVICE__API_KEY": "all", "QDRANT__SERVICE__READ_ONLY_API_KEY": "look"}
    with serving(tmp_path, keys) as store, httpx.Client(base_url=store.url) as http:
        http.headers["api-key"] = "look"
        assert http.post(PATH).status_code == 403
        assert upload(http, "new", b"").status_code == 403
        assert http.delete(f"{PATH}/a.snapshot").status_code == 403
