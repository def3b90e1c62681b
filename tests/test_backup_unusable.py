"""Archives that must not be restored: each is refused in one line, before anything is touched."""

import hashlib
import io
import random
import tarfile
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import orjson
import pytest

from catalog.index import ItemIndex
from catalog.settings import Settings
from catalog.snapshots import Node
from ingest.backup.archive import MANIFEST, MANIFEST_SUM
from ingest.backup.beside import require_all_shards
from ingest.backup.checking import checked
from ingest.backup.errors import BackupRefused, BackupUnusable
from ingest.backup.restore import RestoreOptions, check_lines, restore
from ingest.backup.take import BackupOptions, backup
from tests.feed_server import Answer, answering
from tests.reindex_shop import Shop

pytest_plugins = ["tests.reindex_fixtures"]


@pytest.fixture(autouse=True)
def aliases_are_looked_up_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.versions.ALIAS_TRUSTED_S", 0.0)


@pytest.fixture
def archive(stocked: Shop, settings: Settings, tmp_path: Path) -> Path:
    backup(settings, tmp_path / "a.tar", BackupOptions(thumbnails=True))
    return tmp_path / "a.tar"


def rewritten(archive: Path, change: Callable[[dict[str, bytes]], object], resign: bool = True) -> Path:
    """The same archive with other members."""
    with tarfile.open(archive) as tar:
        members = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
    change(members)
    if resign and MANIFEST in members:
        members[MANIFEST_SUM] = hashlib.sha256(members[MANIFEST]).hexdigest().encode()
    target = archive.with_name("other.tar")
    with tarfile.open(target, "w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return target


def in_manifest(**fields: object) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members[MANIFEST] = orjson.dumps({**orjson.loads(members[MANIFEST]), **fields})

    return change


def refused(settings: Settings, index: ItemIndex, archive: Path, match: str) -> None:
    index._live.forget()
    name, before = index.version(), index.count_pictures()
    collections = sorted(c.name for c in index._live._client.get_collections().collections)
    with pytest.raises((BackupUnusable, BackupRefused), match=match):
        restore(settings, archive, RestoreOptions())
    index._live.forget()
    assert (index.version(), index.count_pictures()) == (name, before)
    assert sorted(c.name for c in index._live._client.get_collections().collections) == collections


def test_every_archive_that_is_cut_off_or_damaged_is_refused(
    archive: Path, settings: Settings, index: ItemIndex
) -> None:
    whole = archive.read_bytes()
    assert check_lines(archive)[0].endswith("whole")
    dice = random.Random(7)  # noqa: S311 - no secret
    with tarfile.open(archive) as tar:
        members = list(tar)
    end = members[-1].offset_data + members[-1].size
    damaged = archive.with_name("damaged.tar")
    for position in [0, 100, 512, *(dice.randrange(end) for _ in range(12)), end - 1]:
        damaged.write_bytes(whole[:position])
        with pytest.raises(BackupUnusable):
            checked(damaged)
    contents = [member.offset_data + dice.randrange(member.size) for member in members if member.size]
    for position in contents:
        damaged.write_bytes(whole[:position] + bytes([whole[position] ^ 0x10]) + whole[position + 1 :])
        with pytest.raises(BackupUnusable):
            checked(damaged)
    refused(settings, index, damaged, "damaged")
    damaged.write_bytes(whole[: end // 2])
    refused(settings, index, damaged, "cut off")
    refused(settings, index, archive.with_name("nowhere.tar"), "no such file")


CASES: list[tuple[Callable[[dict[str, bytes]], object], str]] = [
    (in_manifest(format=2), "format 2, and this Vitrine reads 1"),
    (in_manifest(format=None), "format None"),
    (in_manifest(points="many"), "cannot be read"),
    (in_manifest(thumbnails=None), "thumbnails"),
    (in_manifest(store_engine="qdrant"), "their snapshots differ"),
    (in_manifest(store_version="99.0.0"), "newer than the"),
    (in_manifest(model={"name": "m", "fingerprint": "f" * 64, "loaded_from": ""}), "not found here"),
    (in_manifest(snapshots=2), "made of 2 nodes"),
    (in_manifest(points=5), "not what the backup was of"),
    (in_manifest(contents_sum="0" * 64), "not what the backup was of"),
    (lambda members: members.pop(MANIFEST), "manifest is missing"),
    (lambda members: members.update({"../../etc/x": b"x"}), "not as it was written"),
    (lambda members: members.update({"snapshots/0.snapshot": b"x"}), "not as it was written"),
]


def test_a_backup_that_does_not_fit_is_refused_and_nothing_is_touched(
    archive: Path, settings: Settings, index: ItemIndex
) -> None:
    for change, match in CASES:
        refused(settings, index, rewritten(archive, change), match)
    with pytest.raises(BackupUnusable, match="manifest is not as it was written"):
        checked(rewritten(archive, in_manifest(points=1), resign=False))


def test_a_cluster_is_backed_up_from_all_of_its_nodes() -> None:
    """The numbers of shards as a node of a Qdrant cluster tells them."""

    def told(here: list[int], elsewhere: list[int]) -> Answer:
        def answer(request: BaseHTTPRequestHandler) -> None:
            assert request.path.endswith("/collections/items-1/cluster")
            shards = {
                "local_shards": [{"shard_id": number} for number in here],
                "remote_shards": [{"shard_id": number} for number in elsewhere],
            }
            body = orjson.dumps({"result": shards})
            request.send_response(200)
            request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            request.wfile.write(body)

        return answer

    with answering(told([0, 1], [1, 2])) as first, answering(told([1, 2], [0, 2])) as second:
        nodes = [Node(address, None) for address in (first, second)]
        require_all_shards(nodes, "items-1")
        with pytest.raises(BackupRefused, match="The shards 2 of items-1 lie on other nodes.*--node"):
            require_all_shards(nodes[:1], "items-1")
