"""Backups: what they hold, what a restore brings back, and that whatever ends one early harms nothing."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from catalog.contents import Contents, contents_of
from catalog.index import ItemIndex
from catalog.points import Point
from catalog.settings import Settings
from catalog.thumbnails import thumbnail_path
from catalog.versions import Versions
from catalog.writes.applied import Applied, read, write
from catalog.writes.queue import WriteQueue
from ingest.backup.beside import load_beside
from ingest.backup.errors import BackupRefused
from ingest.backup.restore import RestoreOptions, restore
from ingest.backup.take import BackupOptions, backup
from tests.processes import ROOT, environ_of, run_program
from tests.reindex_shop import RunFeed, Shop
from tests.test_vectorstore_durability import mounted

pytest_plugins = ["tests.reindex_fixtures"]

BOTH = [pytest.param("store"), pytest.param("server", marks=pytest.mark.server)]
Ingest = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environ(settings: Settings) -> dict[str, str]:
    return environ_of(settings)


@pytest.fixture(autouse=True)
def aliases_are_looked_up_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ingest.backup.restore", "catalog.versions"):
        monkeypatch.setattr(f"{name}.ALIAS_TRUSTED_S", 0.0)


@pytest.fixture
def ingest(environ: dict[str, str]) -> Ingest:
    return lambda *arguments: run_program("-m", "ingest", *arguments, environ=environ)


def live(index: ItemIndex, settings: Settings) -> tuple[str, Contents]:
    index._live.forget()
    name = index.version()
    return name, contents_of(settings, name)


def collections_of(index: ItemIndex, settings: Settings) -> list[str]:
    names = [one.name for one in index._live._client.get_collections().collections]
    return [name for name in names if name.startswith(settings.index_alias)]


def more_points(index: ItemIndex, start: int, count: int) -> list[Point]:
    """Copies of the first point under other ids, each with a price of its own."""
    first = next(iter(index.points_of(["A0"])["A0"]))
    vector = index.item_vector("A0")
    ids = [f"00000000-0000-0000-0000-{n:012d}" for n in range(start, start + count)]
    return [Point(id_, vector, "thing", {**first.payload, "price": float(n)}) for n, id_ in enumerate(ids)]


@pytest.mark.parametrize("where", BOTH)
def test_a_restore_brings_back_all_of_it_and_keeps_what_was_live(
    where: str, stocked: Shop, run_feed: RunFeed, index: ItemIndex, settings: Settings, ingest: Ingest,
    tmp_path: Path,
) -> None:  # fmt: skip
    with closing(WriteQueue(settings)) as queue:
        write(queue.parts.applied, {"A1": Applied(7, 1.0, 2.0, False)})
        name, before = live(index, settings)
        done = ingest("backup", tmp_path, "--thumbnails")
        assert done.returncode == 0, done.stderr
        (archive,) = tmp_path.glob("vitrine-*.tar")
        assert f"{before.points} pictures, tried out" in done.stdout and "4 thumbnails" in done.stdout
        assert archive.stat().st_mode & 0o077 == 0
        # What happens after it: writes, a price, a push, and a thumbnail that is lost.
        stocked.put("A9", 9)
        stocked.put("A0", 0, price=99.0)
        run_feed(stocked.feed())
        write(queue.parts.applied, {"A1": Applied(9, 3.0, 4.0, True), "A2": Applied(1, 3.0, 4.0, False)})
        lost = thumbnail_path(settings.thumbnail_dir, index.get_item("A0")["image_sha256"])
        lost.unlink()
        assert live(index, settings)[1] != before
        done = ingest("restore", archive)
        assert done.returncode == 0, done.stderr
        assert "the same sum as in the backup" in done.stdout
        restored, after = live(index, settings)
        assert after == before and restored != name
        assert read(queue.parts.applied, ["A1", "A2"]) == {"A1": Applied(7, 1.0, 2.0, False)}
        assert lost.is_file()
        assert index.get_item("A0")["price"] == 1.0
        kept = {one.name: one.state for one in index.versions.all()}
        assert kept == {name: "kept", restored: "live"}
    # It is an index as any other: it can be written to, backed up and restored again.
    run_feed(stocked.feed())
    assert index.get_item("A9")
    second = tmp_path / "second.tar"
    assert "not tried out" in backup(settings, second, BackupOptions(tried=False))[0]
    assert "checksums alone" in "\n".join(restore(settings, second, RestoreOptions(keep=timedelta())))


def test_writes_go_on_meanwhile_and_what_was_acknowledged_before_is_in_it(
    stocked: Shop, index: ItemIndex, settings: Settings, tmp_path: Path
) -> None:
    acknowledged, stop = [0], threading.Event()
    first = more_points(index, 1, 40)

    def keep_writing() -> None:
        while not stop.is_set():
            index.upsert(more_points(index, 1 + acknowledged[0], 40))
            acknowledged[0] += 40

    index.upsert(first)
    acknowledged[0] = 40
    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        time.sleep(0.3)
        before = acknowledged[0]
        backup(settings, tmp_path / "hot.tar", BackupOptions())
        during = acknowledged[0] - before
    finally:
        stop.set()
        writer.join()
    assert during > 0
    restore(settings, tmp_path / "hot.tar", RestoreOptions())
    points = live(index, settings)[1].points - 4
    assert before <= points <= acknowledged[0] and points % 40 == 0


def test_whenever_a_restore_is_killed_the_live_index_is_as_it_was(
    stocked: Shop, index: ItemIndex, settings: Settings, environ: dict[str, str], tmp_path: Path
) -> None:
    archive = tmp_path / "a.tar"
    index.upsert(more_points(index, 1, 2_000))
    backup(settings, archive, BackupOptions())
    index.delete_points([point.id for point in more_points(index, 1, 50)])
    name, before = live(index, settings)
    seen: set[int] = set()
    note = settings.state_dir / f"restore-{settings.index_alias}.json"
    for is_loaded, pause_s in ((False, 0.0), (True, 0.0), (True, 0.05)):
        began, command = time.time_ns(), [sys.executable, "-m", "ingest", "restore", str(archive)]
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environ}, stderr=subprocess.PIPE)
        while not note.exists() or note.stat().st_mtime_ns < began:
            assert process.poll() is None, process.communicate()
            time.sleep(0.005)
        while is_loaded and len(collections_of(index, settings)) < 2:
            time.sleep(0.005)
        time.sleep(pause_s)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        seen.add(len(collections_of(index, settings)))
        now = live(index, settings)
        if is_loaded and now[0] != name:  # it was quicker than the kill: then all of it is there
            assert now[1].points == before.points + 50
            return
        assert now == (name, before)
    assert seen == {1, 2}  # some of the kills came while the restored collection was there
    restore(settings, archive, RestoreOptions())
    assert live(index, settings)[1].points == before.points + 50
    assert len(collections_of(index, settings)) == 2


def test_a_backup_that_is_killed_leaves_no_archive_and_no_collection(
    stocked: Shop, index: ItemIndex, settings: Settings, environ: dict[str, str], tmp_path: Path
) -> None:
    index.upsert(more_points(index, 1, 2_000))
    archive = tmp_path / "a.tar"
    command = [sys.executable, "-m", "ingest", "backup", str(archive)]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environ}, stderr=subprocess.PIPE)
    while not archive.with_name("a.tar.part").exists() and process.poll() is None:
        time.sleep(0.005)
    time.sleep(0.4)
    process.kill()
    process.communicate()
    assert not archive.exists()
    backup(settings, archive, BackupOptions())
    assert [path.name for path in tmp_path.glob("a.tar*")] == ["a.tar"]
    assert len(collections_of(index, settings)) == 1


def test_a_backup_clears_up_what_the_store_still_made_for_a_killed_one(
    stocked: Shop, index: ItemIndex, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store goes on with an upload whose sender was killed when all of it had been sent."""
    names: list[str] = []

    def late(*arguments: Any) -> Contents:
        if not names:
            load_beside(*arguments)
        names.append(arguments[2])
        return load_beside(*arguments)

    monkeypatch.setattr("ingest.backup.take.load_beside", late)
    backup(settings, tmp_path / "a.tar", BackupOptions())
    assert names == [f"{settings.index_alias}+backup-trial"] * 2
    assert len(collections_of(index, settings)) == 1


def test_a_restore_that_fails_after_the_switch_keeps_what_it_made_live(
    stocked: Shop, index: ItemIndex, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the only collection that answers would be dropped."""
    backup(settings, tmp_path / "a.tar", BackupOptions())
    name, before = live(index, settings)

    def interrupted(*arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("ingest.backup.restore.put_back_applied", interrupted)
    with pytest.raises(KeyboardInterrupt):
        restore(settings, tmp_path / "a.tar", RestoreOptions())
    restored, after = live(index, settings)
    assert restored != name and after == before


def test_a_full_disk_ends_a_backup_in_one_line(stocked: Shop, ingest: Ingest, tmp_path: Path) -> None:
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=256k", "none") as small:
        done = ingest("backup", small)
        assert done.returncode == 2 and "No space left on device" in done.stderr, done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert list(small.iterdir()) == []


def test_without_an_index_there_is_nothing_to_back_up(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match="Nothing is indexed yet"):
        backup(settings, tmp_path / "a.tar", BackupOptions())


def test_a_restore_needs_no_index_and_no_state(
    stocked: Shop, index: ItemIndex, settings: Settings, tmp_path: Path
) -> None:
    """The machine is lost; the archive is what there is."""
    _, before = live(index, settings)
    backup(settings, tmp_path / "a.tar", BackupOptions())
    elsewhere = f"{settings.index_alias}-elsewhere"
    own = settings.model_copy(update={"index_alias": elsewhere, "state_dir": tmp_path / "new"})
    lines = restore(own, tmp_path / "a.tar", RestoreOptions())
    assert "there was none before" in lines[-1]
    found = Versions(index._live._client, settings.qdrant_url, elsewhere).live()
    assert found is not None and contents_of(settings, found.name) == before
