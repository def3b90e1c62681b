"""ingest/turns.py: one ingest and one reindex at a time, on one machine and, over a real Redis, on more."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from catalog.settings import Settings
from ingest import turns
from ingest.reindex.errors import ReindexRefused
from ingest.turns import LockLost, LockUnavailable, only_ingest, only_reindex
from tests.processes import free_port
from tests.redis_server import needs_redis, redis_server


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server.url


def machine(folder: Path, name: str, **changed: object) -> Settings:
    """The settings of an ingest on a machine of that name, with a disk of its own."""
    return Settings(_env_file=None, state_dir=folder / name, index_alias=folder.name[-40:], **changed)


class Turns:
    """Who holds the lock, and whether ever two did."""

    def __init__(self) -> None:
        self._holders = 0
        self.highest = self.taken = 0

    def take(self, settings: Settings) -> None:
        for _ in range(3):
            with only_ingest(settings):
                self._holders += 1
                self.highest, self.taken = max(self.highest, self._holders), self.taken + 1
                time.sleep(0.05)
                self._holders -= 1


def take_turns(*all_settings: Settings) -> Turns:
    turns = Turns()
    threads = [threading.Thread(target=turns.take, args=(settings,)) for settings in all_settings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return turns


def test_on_one_machine_they_take_turns(tmp_path: Path) -> None:
    turns = take_turns(machine(tmp_path, "one"), machine(tmp_path, "one"))
    assert (turns.highest, turns.taken) == (1, 6)


@needs_redis
def test_on_two_machines_they_take_turns_in_redis(tmp_path: Path, redis_url: str) -> None:
    machines = [machine(tmp_path, name, redis_url=redis_url) for name in ("one", "two")]
    turns = take_turns(*machines)
    assert (turns.highest, turns.taken) == (1, 6)


def test_one_that_waits_can_be_told_to_stop(tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    def stop() -> None:
        raise Stopped

    with only_ingest(machine(tmp_path, "one")), pytest.raises(Stopped):
        with only_ingest(machine(tmp_path, "one"), stop):
            pass


@needs_redis
def test_one_that_waits_for_another_machine_can_be_told_to_stop(tmp_path: Path, redis_url: str) -> None:
    asked = []

    def stop_at_last() -> None:
        asked.append(1)
        if len(asked) == 3:
            raise KeyboardInterrupt

    with only_ingest(machine(tmp_path, "one", redis_url=redis_url)), pytest.raises(KeyboardInterrupt):
        with only_ingest(machine(tmp_path, "two", redis_url=redis_url), stop_at_last):
            pass
    with only_ingest(machine(tmp_path, "two", redis_url=redis_url)) as still_held:
        still_held()


@needs_redis
def test_the_lease_is_renewed_as_long_as_it_is_held(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "LONG_LEASE_S", 0.6)
    with only_ingest(machine(tmp_path, "one", redis_url=redis_url)) as still_held:
        time.sleep(1.5)
        still_held()
        with redis.Redis.from_url(redis_url) as client:
            assert len(client.keys("vitrine.*.lock.ingest")) == 1


@needs_redis
def test_an_ingest_whose_lease_is_lost_ends(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "LONG_LEASE_S", 0.6)
    with only_ingest(machine(tmp_path, "one", redis_url=redis_url)) as still_held:
        with redis.Redis.from_url(redis_url) as client:
            client.flushdb()
        time.sleep(0.5)
        with pytest.raises(LockLost, match="run it again to go on"):
            still_held()


@needs_redis
def test_an_ingest_ends_before_its_lease_does_when_redis_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "LONG_LEASE_S", 1.5)
    with redis_server(tmp_path) as server:
        held = only_ingest(machine(tmp_path, "one", redis_url=server.url))
        still_held = held.__enter__()
    began = time.monotonic()
    with pytest.raises(LockLost):
        while time.monotonic() - began < 5:
            still_held()
            time.sleep(0.02)
    assert time.monotonic() - began < 1.5
    held.__exit__(None, None, None)


def test_without_its_redis_nothing_is_ingested(tmp_path: Path) -> None:
    settings = machine(tmp_path, "one", redis_url=f"redis://127.0.0.1:{free_port()}/0")
    with pytest.raises(LockUnavailable, match=r"REDIS_URL.*\(Error 111"), only_ingest(settings):
        pass
    with only_ingest(machine(tmp_path, "one")):  # and its lock on this machine is free again
        pass


def test_without_a_folder_for_its_lock_nothing_is_ingested(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"a file")
    with pytest.raises(LockUnavailable, match="STATE_DIR"), only_ingest(machine(tmp_path, "one")):
        pass


@needs_redis
def test_two_machines_do_not_change_the_model_at_once(tmp_path: Path, redis_url: str) -> None:
    one, two = (machine(tmp_path, name, redis_url=redis_url) for name in ("one", "two"))
    with only_reindex(one), pytest.raises(ReindexRefused, match="Another reindex"), only_reindex(two, 0):
        pass
    with only_ingest(one), only_reindex(two) as still_held:  # an ingest goes on meanwhile
        still_held()


@needs_redis
def test_no_thread_is_left_once_nothing_is_held(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "LONG_LEASE_S", 0.6)
    for _ in range(3):
        with only_ingest(machine(tmp_path, "one", redis_url=redis_url)):
            pass
    deadline = time.monotonic() + 5
    while "renew-locks" in {thread.name for thread in threading.enumerate()}:
        assert time.monotonic() < deadline
        time.sleep(0.02)
