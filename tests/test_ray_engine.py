"""`--engine ray` over a real Ray: the same results as a run on one machine, and nothing done twice."""

import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from click.testing import CliRunner

from catalog.collection import connect
from catalog.encoder import Encoder
from catalog.index import ItemIndex
from catalog.known_encoders import KnownEncoders
from catalog.points import without_stamp
from catalog.settings import Settings
from catalog.writes import applied
from catalog.writes.applied import Applied
from catalog.writes.parts import Parts
from ingest.__main__ import cli
from ingest.distributed.cluster import EngineUnavailable
from ingest.distributed.shards import shards_of
from ingest.distributed.worker import ShardWorker
from ingest.feeds.rows import FeedUnreadable
from ingest.run import RunOptions, run_feeds
from ingest.run import finished as finished_file
from tests.picture_servers import Exchange, answer, serving_pictures
from tests.pictures import jpeg
from tests.processes import ROOT, free_port, run_program
from tests.ray_fixtures import environ_of, kill_workers, ray_environ

__all__ = ["ray_environ"]

Rows = list[Any]
COUNT = 40
ENDED_S = 240.0


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    for n in range(COUNT):
        (tmp_path / f"{n}.jpg").write_bytes(jpeg((5 * n, 90, 40)))
    return [
        {"id": f"A{n:02}", "title": f"Thing {n}", "category": "x", "image": f"{n}.jpg", "price": n}
        for n in range(COUNT)
    ]


def written(rows: Rows, path: Path) -> str:
    path.write_bytes(b"\n".join(row if isinstance(row, bytes) else orjson.dumps(row) for row in rows))
    return str(path)


def command(*words: object, workers: int) -> list[str]:
    engine = ["--engine", "ray", "--workers", str(workers), "--shard-items", "12"]
    return ["-m", "ingest", "run", *map(str, words), *engine]


def alone(settings: Settings) -> Settings:
    """The settings of the same shop, run on one machine."""
    return settings.model_copy(update={"index_alias": f"{settings.index_alias}-alone"})


def points_in(settings: Settings, encoder: Encoder) -> dict[str, tuple[Any, Any]]:
    """Payload and vector of every point, by its id."""
    client = connect(settings)
    index = ItemIndex(client, settings.qdrant_url, settings.index_alias, encoder)
    ids = [point.id for point in index.points()]
    payloads, vectors = index.payloads(ids), index.image_vectors(ids)
    client.close()
    return {identifier: (without_stamp(payloads[identifier]), vectors[identifier]) for identifier in ids}


def assert_equal(first: dict[str, tuple[Any, Any]], second: dict[str, tuple[Any, Any]]) -> None:
    assert {i: payload for i, (payload, _) in first.items()} == {i: p for i, (p, _) in second.items()}
    for identifier, (_, vector) in first.items():
        np.testing.assert_allclose(vector, second[identifier][1], atol=1e-5)


def counts(lines: list[str]) -> dict[str, int]:
    """The closing report, without what took how long."""
    found = (re.fullmatch(r"\s+(?:(\d+) (\w+)|(\D+?)\s+([\d,]+).*)", line) for line in lines)
    return {(one[2] or one[3]): int((one[1] or one[4]).replace(",", "")) for one in found if one}


def test_it_does_what_a_run_on_one_machine_does(
    rows: Rows, tmp_path: Path, settings: Settings, encoder: Encoder, index: ItemIndex,
    ray_environ: dict[str, str],
) -> None:  # fmt: skip
    rows[30] |= {"image": "30.jpg|31.jpg|gone.jpg"}
    (tmp_path / "7.jpg").write_bytes(b"no picture")
    rows += [{"id": "bad"}, b"{damaged", {**rows[3], "title": "Again"}, {**rows[2], "id": "B1", "price": "x"}]
    feed, second = written(rows[:25], tmp_path / "a.jsonl"), written(rows[20:], tmp_path / "b.jsonl")
    environ = environ_of(settings) | ray_environ

    ran = run_program(
        *command(feed, second, "--rejects", tmp_path / "ray.jsonl", workers=2), environ=environ,
        timeout_s=ENDED_S,
    )  # fmt: skip
    assert ran.returncode == 1, ran.stderr
    own = alone(settings)
    options = RunOptions(rejects=tmp_path / "alone.jsonl")
    reports = run_feeds([feed, second], own, lambda report: None, options, KnownEncoders(own, encoder))

    assert_equal(points_in(settings, encoder), points_in(own, encoder))
    assert len(points_in(own, encoder)) == COUNT - 1 + 1, "one without its picture, one with a second"
    said = ran.stdout.splitlines()
    begins = said.index(next(line for line in said if line.startswith("b.jsonl")))
    parts = [said[:begins], said[begins:]]
    assert [counts(part) for part in parts] == [counts(report.lines()) for report in reports]
    rejects = [sorted((tmp_path / f"{name}.jsonl").read_bytes().splitlines()) for name in ("ray", "alone")]
    assert rejects[0] == rejects[1] and len(rejects[0]) == 10
    assert not list(settings.state_dir.glob("run-*")), "it has ended, though not all went in"


def test_killed_and_resumed_it_embeds_nothing_twice_and_deletes_what_is_gone(
    rows: Rows, tmp_path: Path, settings: Settings, encoder: Encoder, index: ItemIndex,
    ray_environ: dict[str, str],
) -> None:  # fmt: skip
    before = [{**rows[5], "price": 99}, {"id": "OLD", "title": "Old", "category": "x", "image": "0.jpg"}]
    earlier = [written(before, tmp_path / "earlier.jsonl")]
    run_feeds(earlier, settings, lambda _: None, RunOptions(), KnownEncoders(settings, encoder))
    held: list[bool] = [True]

    def script(exchange: Exchange) -> None:
        while held[0] and not exchange.stop.wait(0.02):
            pass
        exchange.send(answer(jpeg((1, 2, 3))))

    with serving_pictures(script) as server:
        rows[-1] |= {"image": server.url()}  # of the last shard, which cannot be finished
        feed = written(rows, tmp_path / "feed.jsonl")
        environ = environ_of(settings) | ray_environ
        environ |= {
            "IMAGE_PRIVATE_HOSTS": "127.0.0.1",
            "IMAGE_PORTS": str(server.port),
            "IMAGE_TIMEOUT_S": "600",
        }
        log = (tmp_path / "driver.log").open("wb")
        driver = subprocess.Popen(
            [sys.executable, *command(feed, workers=1)], cwd=ROOT, env={**os.environ, **environ}, stderr=log
        )
        log.close()
        finished = finished_file([feed], settings, RunOptions(engine="ray"))
        try:
            wait_for(lambda: rows_in(finished) == 3, driver)
            wait_for(lambda: len(server.requests) == 1, driver)
            assert kill_workers(ray_environ)
            wait_for(lambda: len(server.requests) == 2, driver)  # another worker has begun the shard anew
        finally:
            driver.kill()
            driver.wait()
        held[0] = False
        there = index.count({})
        for n in range(36):
            (tmp_path / f"{n}.jpg").unlink()  # a look at one of a finished shard would fail
        ran = run_program(*command(feed, "--resume", "--full", workers=1), environ=environ, timeout_s=ENDED_S)
    assert ran.returncode == 0, ran.stderr
    report = counts(ran.stdout.splitlines())
    assert (report["resumed"], report["deleted"]) == (36, 1)
    assert report["embedded"] == COUNT + 1 - there, "what was written before the kill is not embedded again"
    assert index.count({}) == COUNT and not index.points_of(["OLD"])
    assert index.get_item("A05")["price"] == 5
    assert not finished.exists()


def wait_for(is_so: Callable[[], bool], driver: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + ENDED_S
    while not is_so():
        assert driver.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)


def rows_in(path: Path) -> int:
    if not path.exists():
        return 0
    connection = sqlite3.connect(path, timeout=10)
    try:
        return int(connection.execute("SELECT count(*) FROM finished_rows").fetchone()[0])
    except sqlite3.OperationalError:  # it is being made
        return 0
    finally:
        connection.close()


def test_what_it_cannot_do_is_refused_before_anything_is_written(
    rows: Rows, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = written(rows, tmp_path / "feed.jsonl")
    options = RunOptions(engine="ray")
    said = CliRunner().invoke(cli, ["run", feed, "--engine", "ray", "--dry-run"])
    assert said.exit_code == 2 and "leave --engine out" in said.output
    monkeypatch.setattr("ingest.distributed.engine.import_ray", lambda: None)
    with pytest.raises(FeedUnreadable, match="save it to a file"):
        run_feeds(["-"], settings, lambda report: None, options)
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "ray.data", None)  # as if it were not installed
    with pytest.raises(EngineUnavailable, match="requirements-ray.txt"):
        run_feeds([feed], settings, lambda report: None, options)
    assert not list(settings.state_dir.glob("run*"))


def shards(feeds: list[str], settings: Settings, finished: frozenset[bytes] = frozenset()) -> list[Any]:
    return list(shards_of(feeds, settings, RunOptions(shard_items=12), finished))


def test_shards_hold_every_row_once_and_are_known_again(
    rows: Rows, tmp_path: Path, settings: Settings
) -> None:
    feed, empty = written(rows, tmp_path / "feed.jsonl"), str(tmp_path / "empty.csv")
    Path(empty).write_text("id,title,category,image\n")
    both = shards([feed, empty], settings)
    assert [len(shard.entries) for shard in both] == [12, 12, 12, 4, 0]
    assert [shard.feed for shard in both] == [0, 0, 0, 0, 1]
    assert [entry.item.id for shard in both for entry in shard.entries] == [row["id"] for row in rows]
    finished = frozenset(shard.digest for shard in both)
    rows[20] |= {"price": 99}
    again = shards([written(rows, tmp_path / "feed.jsonl"), empty], settings, finished)
    assert [shard.is_finished for shard in again] == [True, False, True, True, True]


def test_a_feed_that_cannot_be_read_ends_the_run_in_words(tmp_path: Path, settings: Settings) -> None:
    (only,) = shards([str(tmp_path / "none.csv")], settings)
    assert "none.csv" in only.error


def test_a_worker_can_repeat_a_shard_and_leaves_alone_what_was_pushed_since(
    rows: Rows, tmp_path: Path, settings: Settings, index: ItemIndex
) -> None:
    index.ensure()
    began = datetime.now(UTC)
    (first, *_) = shards([written(rows, tmp_path / "feed.jsonl")], settings)
    assert ShardWorker(settings, began).ingest(first).report.items["embedded"] == 12
    with closing(Parts(settings)) as parts:
        pushed = Applied(None, time.time(), time.time(), deleted=False)
        applied.write(parts.applied, {"A03": pushed})
    for row in rows:
        row["price"] = 99
    (changed, *_) = shards([written(rows, tmp_path / "feed.jsonl")], settings)
    outcome = ShardWorker(settings, began).ingest(changed)  # by another program, after the first was killed
    assert dict(+outcome.report.items) == {"payload_updated": 11, "newer": 1}
    assert (index.get_item("A02")["price"], index.get_item("A03")["price"]) == (99, 3)
    away = settings.model_copy(update={"qdrant_url": f"http://127.0.0.1:{free_port()}"})
    assert "does not answer" in str(ShardWorker(away, began).ingest(changed).error)
