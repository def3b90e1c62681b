"""`watch`, FEEDS_FILE and several workers: real processes that keep an index up to their feeds."""

import signal
import threading
from pathlib import Path

import orjson
import pytest

from catalog.encoder import Encoder
from catalog.errors import SettingInvalid
from catalog.index import ItemIndex
from catalog.known_encoders import KnownEncoders
from catalog.settings import Settings
from ingest.feeds_file import read_feeds_file, watched_feeds
from ingest.run import RunOptions
from ingest.turns import only_ingest
from ingest.watch import Stopped, Watched
from tests.pictures import BLUE, jpeg
from tests.processes import running
from tests.test_commands import count, environ, eventually, feed, make_feed

__all__ = ["environ", "feed"]  # fixtures


def written(path: Path, *rows: dict[str, object]) -> Path:
    path.write_bytes(b"\n".join(map(orjson.dumps, rows)))
    return path


def test_watch_follows_a_feed_with_the_options_of_a_run(
    feed: Path, environ: dict[str, str], index: ItemIndex, tmp_path: Path
) -> None:
    log = tmp_path / "watch.log"
    rows = feed.read_bytes().replace(b'"title"', b'"Name of it"')
    feed.write_bytes(rows)
    options = [
        "--map",
        "title=Name of it",
        "--full",
        "--every",
        "0.2",
        "--rejects",
        tmp_path / "rejects.jsonl",
    ]
    with running("-m", "ingest", "watch", feed, *options, log=log, environ=environ) as process:
        eventually(lambda: "24 items read" in log.read_text())
        assert index.get_item("A3")["title"] == "Thing 3"
        feed.write_bytes(b"\n".join([*rows.splitlines()[:22], b'{"id": "bad"}']))
        eventually(lambda: "23 items read" in log.read_text())
        assert index.count({}) == 22, "--full"
        assert b'"bad"' in (tmp_path / "rejects.jsonl").read_bytes()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def test_two_workers_with_the_same_feeds_embed_each_picture_once(
    environ: dict[str, str], index: ItemIndex, tmp_path: Path
) -> None:
    feed = make_feed(tmp_path / "feed", 64)
    environ["FEEDS"] = str(feed)
    logs = [tmp_path / f"{n}.log" for n in range(2)]
    with (
        running("-m", "ingest", "work", log=logs[0], environ=environ),
        running("-m", "ingest", "work", log=logs[1], environ=environ),
    ):
        eventually(lambda: all("64 items read" in log.read_text() for log in logs))
    said = [line.partition("ingest.watch: ")[2] for log in logs for line in log.read_text().splitlines()]
    embedded = [count(line + "\n", "embedded") for line in said if line.startswith("  embedded")]
    assert sum(embedded) == 64
    assert index.count({}) == 64


def test_a_picture_that_changed_under_its_name_is_seen_when_it_is_time(
    feed: Path, settings: Settings, encoder: Encoder, index: ItemIndex
) -> None:
    watched = Watched([str(feed)], RunOptions(resume=True))

    def look(recheck_s: float) -> str:
        told = settings.model_copy(update={"feed_recheck_s": recheck_s})
        watched.bring_up_to_date(told, KnownEncoders(told, encoder), lambda: None, 1.0)
        return str(index.get_item("A3")["image_sha256"])

    before = look(3600)
    (feed.parent / "3.jpg").write_bytes(jpeg(BLUE))
    assert look(3600) == before, "the feed has not changed, and it is not time yet"
    assert look(1e-9) != before


def test_a_worker_that_waits_for_another_ingest_stops_at_once(
    feed: Path, settings: Settings, encoder: Encoder
) -> None:
    stop = threading.Event()

    def check() -> None:
        stop.set()
        raise Stopped

    encoders = KnownEncoders(settings, encoder)
    with only_ingest(settings), pytest.raises(Stopped):
        Watched([str(feed)], RunOptions()).bring_up_to_date(settings, encoders, check, 1.0)
    assert stop.is_set()


def test_the_worker_reads_feeds_with_options_from_a_file(
    environ: dict[str, str], index: ItemIndex, tmp_path: Path
) -> None:
    (tmp_path / "1.jpg").write_bytes(jpeg())
    one = written(tmp_path / "one.jsonl", {"id": "A", "Label": "Hat", "category": "x", "image": "1.jpg"})
    two = written(tmp_path / "two.jsonl", {"id": "B", "title": "Bag", "category": "x", "image": "1.jpg"})
    first = f'[[feed]]\nfrom = "{one}"\nformat = "jsonl"\nmap = {{ title = "Label" }}\n'
    (tmp_path / "feeds.toml").write_text(f'{first}[[feed]]\nfrom = ["{two}"]\n')
    environ["FEEDS_FILE"] = str(tmp_path / "feeds.toml")
    log = tmp_path / "worker.log"
    with running("-m", "ingest", "work", log=log, environ=environ):
        eventually(lambda: "two.jsonl: 1 items read" in log.read_text())
    assert (index.get_item("A")["title"], index.get_item("B")["title"]) == ("Hat", "Bag")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[feed", "is not TOML"),
        ("feeds = 1", "nothing but tables"),
        ("[[feed]]\nfull = true", "feed 1: from: Field required"),
        ('[[feed]]\nfrom = "a"\n[[feed]]\nfrom = []', "feed 2: from: "),
        ('[[feed]]\nfrom = "a"\nformat = "excel"', "format: 'excel' is none of csv, jsonl"),
        ('[[feed]]\nfrom = "a"\nmap = {nme = "x"}', "map: 'nme' is none of the fields"),
        ('[[feed]]\nfrom = "a"\nfulll = true', "fulll: Extra inputs are not permitted"),
        ('[[feed]]\nfrom = "a"\ndelete_at_most = 7', "delete_at_most: "),
    ],
)
def test_a_wrong_file_of_feeds_says_where(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "feeds.toml"
    path.write_text(text)
    with pytest.raises(SettingInvalid, match="FEEDS_FILE") as caught:
        read_feeds_file(path)
    assert said in str(caught.value)


def test_a_whole_catalogue_stands_alone(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "feeds.toml"
    path.write_text('[[feed]]\nfrom = ["a.csv", "b.csv"]\nfull = true\n')
    (watched,) = watched_feeds(settings.model_copy(update={"feeds_file": path}))
    assert watched.name == "a.csv, b.csv"
    with pytest.raises(SettingInvalid, match="must be the only one"):
        watched_feeds(settings.model_copy(update={"feeds_file": path, "feeds": ("c.csv",)}))


def test_a_password_of_a_feed_is_neither_logged_nor_kept(
    environ: dict[str, str], settings: Settings, tmp_path: Path
) -> None:
    environ["FEEDS"] = "http://shop:s3cret@127.0.0.1:1/feed.xml"
    log = tmp_path / "worker.log"
    with running("-m", "ingest", "work", log=log, environ={**environ, "LOG_LEVEL": "DEBUG"}):
        eventually(lambda: "127.0.0.1:1/feed.xml: not ingested" in log.read_text())
    kept = (
        b"".join(path.read_bytes() for path in settings.state_dir.glob("*"))
        if settings.state_dir.exists()
        else b""
    )
    assert "s3cret" not in log.read_text() and b"s3cret" not in kept
