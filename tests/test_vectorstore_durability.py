"""What the vector store acknowledged survives kills, power cuts, full disks; what is damaged is refused."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import orjson
import pytest

from tests.chaos.disks import disk
from tests.kill_vectorstore import torture
from tests.vectorstore_process import VectorStore, family, serving
from tests.vectorstore_shop import COLLECTION, Shop, create, put

SHOP = Shop.made(2000, dimension=32, queries=2)


@contextmanager
def mounted(where: Path, *options: str) -> Iterator[Path]:
    """A file system of its own; skips the test where this user may not mount one."""
    where.mkdir()
    done = subprocess.run(["mount", *options, str(where)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"cannot mount a file system here: {done.stderr.strip()}")
    try:
        yield where
    finally:
        subprocess.run(["umount", "--lazy", str(where)], check=True)


def filled(store: VectorStore, points: int = 600) -> None:
    with store.client() as client:
        create(client, SHOP.dimension)
    with httpx.Client(base_url=store.url, timeout=60) as http:
        for start in range(0, points, 200):
            put(http, SHOP.body(start, 200))


@pytest.fixture(scope="module")
def stopped_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a store with 400 points that was stopped in order."""
    path = tmp_path_factory.mktemp("stopped")
    with serving(path) as store:
        filled(store, 400)
    return path


@pytest.fixture
def stopped(stopped_once: Path, tmp_path: Path) -> Path:
    """A copy of it, for a test to damage."""
    return Path(shutil.copytree(stopped_once, tmp_path / "store"))


def count(store: VectorStore) -> int:
    answer = httpx.post(f"{store.url}/collections/{COLLECTION}/points/count", content=b"{}")
    return int(answer.json()["result"]["count"])


def test_no_acknowledged_write_is_lost_by_sigkill(tmp_path: Path) -> None:
    run = torture(tmp_path, kills=3, seed=11)
    assert sum(run.hits.values()) == 3


def test_no_acknowledged_write_is_lost_by_a_power_cut(tmp_path: Path) -> None:
    """The file behind a mounted file system is what a power cut leaves: the page cache is not in it."""
    image = tmp_path / "disk"
    subprocess.run(["truncate", "-s", "1G", str(image)], check=True)
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("mkfs.ext4 is not installed")
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    after_the_cut = tmp_path / "after"
    with mounted(tmp_path / "before", "-o", "loop", str(image)) as before, serving(before / "store") as store:
        filled(store, 600)
        subprocess.run(["cp", "--sparse=always", str(image), str(after_the_cut)], check=True)
    with (
        mounted(tmp_path / "again", "-o", "loop", str(after_the_cut)) as again,
        serving(again / "store") as store,
    ):
        assert count(store) == 600


@pytest.mark.parametrize("left_mb", [90, 0])
def test_a_full_disk_refuses_writes_and_goes_on_reading(tmp_path: Path, left_mb: int) -> None:
    """0: another program has taken what the store holds in reserve, too."""
    with disk(tmp_path / "small", 260) as small:
        if not small.is_own:
            pytest.skip("no file system may be mounted here")
        with serving(small.path / "store") as store:
            filled(store, 400)
            small.fill(left_mb * 1024 * 1024)
            url = f"{store.url}/collections/{COLLECTION}/points"
            refused = httpx.put(f"{url}?wait=true", content=SHOP.body(400, 50))
            assert refused.status_code == 507
            assert "No space left" in refused.json()["status"]["error"]
            assert count(store) == 400
            asked = {"query": SHOP.vectors[0].tolist(), "using": "image"}
            assert (
                httpx.post(f"{url}/query", content=orjson.dumps(asked)).json()["result"]["points"][0]["id"]
                == 0
            )
            small.free()
            assert httpx.put(f"{url}?wait=true", content=SHOP.body(400, 50)).status_code == 200
            assert count(store) == 450


def test_a_torn_alias_file_is_refused_in_one_clear_line(stopped: Path) -> None:
    (stopped / "aliases.json").write_text('{"items-li')
    assert_refused_at_start(stopped, "aliases.json is damaged")
    (stopped / "aliases.json").unlink()
    with serving(stopped) as store:
        assert count(store) == 400


def test_an_alias_change_that_was_cut_short_leaves_the_old_aliases(stopped: Path) -> None:
    with serving(stopped) as store:
        link = {"create_alias": {"collection_name": COLLECTION, "alias_name": "live"}}
        answer = httpx.post(f"{store.url}/collections/aliases", content=orjson.dumps({"actions": [link]}))
        assert answer.status_code == 200
    (stopped / "aliases.json.new").write_text('{"li')
    with serving(stopped) as store:
        assert httpx.get(f"{store.url}/collections/live").json()["result"]["points_count"] == 400


def test_a_half_made_copy_is_removed_and_never_served(stopped: Path) -> None:
    directory = stopped / "collections" / COLLECTION
    [current] = directory.glob("shard-*")
    half = directory / "shard-000002"
    shutil.copytree(current, half)
    shutil.rmtree(next((half / "segments").iterdir()))
    (directory / "journal-000002").write_bytes(b"half")
    (stopped / "collections" / "unborn").mkdir()
    (stopped / "collections" / "unborn" / "unfinished").touch()
    with serving(stopped) as store:
        assert count(store) == 400
        assert [path.name for path in directory.iterdir() if path.is_dir()] == [current.name]
        assert not (stopped / "collections" / "unborn").exists()


def test_a_missing_segment_is_refused_in_one_clear_line(stopped: Path) -> None:
    [segments] = stopped.glob(f"collections/{COLLECTION}/shard-*/segments")
    lost = next(segments.iterdir())
    kept = stopped / "kept"
    shutil.move(lost, kept)
    assert_refused_at_start(stopped, lost.name)
    shutil.move(kept, lost)
    with serving(stopped) as store:
        assert count(store) == 400


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("*/segment.json", "cannot be loaded"),
        ("*/vector_storage-image/vectors", "lacks"),
        ("*/payload_storage", "lacks"),
    ],
)
def test_a_damaged_segment_is_refused_and_never_served(stopped: Path, pattern: str, text: str) -> None:
    [segments] = stopped.glob(f"collections/{COLLECTION}/shard-*/segments")
    for path in segments.glob(pattern):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.write_bytes(b"{")
    assert_refused_at_start(stopped, text)


def test_a_torn_description_is_refused_in_one_clear_line(stopped: Path) -> None:
    (stopped / "collections" / COLLECTION / "collection.json").write_text("{")
    assert_refused_at_start(stopped, "collection.json is damaged")


def test_a_shard_process_that_dies_comes_back(stopped: Path) -> None:
    with serving(stopped) as store:
        store.kill_shards()
        deadline = time.monotonic() + 20
        url = f"{store.url}/collections/{COLLECTION}"
        while httpx.get(url).status_code == 503 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert count(store) == 400
        assert "collection_restarts_total" in httpx.get(f"{store.url}/metrics").text


def assert_refused_at_start(path: Path, text: str) -> None:
    store = VectorStore(path)
    store.launch()
    assert store.wait() == 1
    errors = [line for line in store.lines if " ERROR vectorstore " in line]
    assert len(errors) == 1
    assert text in errors[0]


def test_a_shard_process_comes_back_though_what_it_is_forked_from_dies_at_that_moment(tmp_path: Path) -> None:
    """The one is to be started by the other, which has taken the call and does not live to answer it."""
    with serving(tmp_path / "store") as store:
        filled(store, 200)
        forked_from = next(pid for pid in family(store.process.pid)[1:] if len(family(pid)) > 1)
        os.kill(forked_from, signal.SIGSTOP)
        store.kill_shards()
        time.sleep(0.5)  # by then the call stands in its queue
        os.kill(forked_from, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while httpx.get(f"{store.url}/collections/{COLLECTION}").status_code != 200:
            assert time.monotonic() < deadline, store.lines
            time.sleep(0.1)
        assert count(store) == 200


def test_children_end_with_a_server_that_is_killed_whatever_they_are_doing(tmp_path: Path) -> None:
    """A stopped process sees nothing itself, as one that is deep in the engine."""
    with serving(tmp_path / "store") as store:
        filled(store, 200)
        assert store.signal_shards(signal.SIGSTOP)
        store.kill()  # fails if any of them outlives it
