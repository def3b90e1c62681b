"""`python -m ingest` as its users run it: real processes, exit codes, and the words they read."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import orjson
import pytest

from catalog.errors import IndexUnavailable
from catalog.index import ItemIndex
from catalog.settings import Settings
from tests.feed_server import answering
from tests.pictures import jpeg
from tests.processes import ROOT, environ_of, free_port, run_program, running


@pytest.fixture
def environ(settings: Settings) -> dict[str, str]:
    """The settings of the test as a process reads them."""
    return {
        **environ_of(settings),
        "INGEST_BATCH_ITEMS": "8",
        "FEED_INTERVAL_S": "0.2",
    }


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    return make_feed(tmp_path / "feed", 24)


def make_feed(folder: Path, count: int) -> Path:
    folder.mkdir(exist_ok=True)
    lines = []
    for n in range(count):
        (folder / f"{n}.jpg").write_bytes(jpeg((n % 250, n // 250, 90)))
        lines.append({"id": f"A{n}", "title": f"Thing {n}", "category": "things", "images": [f"{n}.jpg"]})
    path = folder / "feed.jsonl"
    path.write_bytes(b"\n".join(orjson.dumps(line) for line in lines) + b"\n")
    return path


def ingest(*arguments: object, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return run_program("-m", "ingest", *arguments, environ=environ)


def eventually(holds: Callable[[], bool], timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.1)


def count(report: str, line: str) -> int:
    match = re.search(rf"^  {line} +([\d,]+)", report, re.MULTILINE)
    assert match, report
    return int(match[1].replace(",", ""))


def test_run_reports_and_exits_by_what_happened(
    feed: Path, environ: dict[str, str], index: ItemIndex
) -> None:
    first = ingest("run", feed, environ=environ)
    assert first.returncode == 0, first.stderr
    assert "feed.jsonl: 24 items read" in first.stdout
    assert count(first.stdout, "embedded") == 24
    assert "encoder loaded" in first.stderr
    assert index.count({}) == 24

    second = ingest("run", feed, environ=environ)
    assert (second.returncode, count(second.stdout, "unchanged")) == (0, 24)
    assert "encoder loaded" not in second.stderr, "nothing to embed, so nothing to load"

    feed.write_bytes(feed.read_bytes() + b'{"id": "A0"}\n{"title": "no id"}\n')
    third = ingest("run", feed, environ=environ)
    assert third.returncode == 1
    assert (count(third.stdout, "unchanged"), count(third.stdout, "failed")) == (24, 2)
    assert "feed.jsonl line 26: id: Field required [item_invalid]" in third.stderr


@pytest.mark.parametrize(
    ("change", "arguments", "said"),
    [
        ({"QDRANT_URL": "http://127.0.0.1:PORT"}, ["run", "FEED"], "start it with `python -m vectorstore`"),
        ({}, ["run", "nowhere.csv"], "nowhere.csv: there is no such file or folder"),
        ({"CLIP_MODEL": "/nowhere"}, ["run", "FEED"], "CLIP_MODEL: /nowhere holds no model"),
        ({"MAX_IMAGE_PIXELS": "many"}, ["run", "FEED"], "MAX_IMAGE_PIXELS: "),
        ({"STATE_DIR": "/proc/nowhere"}, ["run", "FEED"], "/proc/nowhere"),
        ({}, ["run"], "Missing argument 'FEED...'"),
    ],
)  # fmt: skip
def test_what_cannot_begin_says_why_in_one_line(
    change: dict[str, str], arguments: list[str], said: str, feed: Path, environ: dict[str, str]
) -> None:
    change = {name: value.replace("PORT", str(free_port())) for name, value in change.items()}
    words = [word.replace("FEED", str(feed)) for word in arguments]
    done = ingest(*words, environ={**environ, **change})
    assert done.returncode == 2
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert said in line
    assert "Traceback" not in done.stderr


def test_a_terminal_sees_a_bar(feed: Path, environ: dict[str, str]) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "ingest", "run", str(feed)],
        cwd=ROOT, env={**os.environ, **environ}, stdout=subprocess.DEVNULL, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # how Linux says that the other side is closed
        pass
    os.close(ours)
    assert process.wait(timeout=60) == 0
    assert b"\r" in shown
    assert b"24 items [" in shown
    assert b"embedded=24" in shown


def test_an_interrupted_run_says_how_it_goes_on(
    tmp_path: Path, environ: dict[str, str], index: ItemIndex
) -> None:
    feed = make_feed(tmp_path / "many", 400)
    log = tmp_path / "run.log"
    with running("-m", "ingest", "run", feed, log=log, environ=environ) as process:

        def some_are_in() -> bool:
            assert process.poll() is None, log.read_text()
            try:
                return index.count({}) >= 16
            except IndexUnavailable:  # not made yet
                return False

        eventually(some_are_in)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
    assert f"To go on: python -m ingest run {feed} --resume" in log.read_text()
    done = index.count({})
    assert 16 <= done < 400
    again = ingest("run", feed, "--resume", environ=environ)
    assert again.returncode == 0, again.stderr
    assert 0 < count(again.stdout, "resumed") <= done
    # A batch or two may have been on its way, but what was written is not embedded again.
    assert count(again.stdout, "embedded") == 400 - done
    assert index.count({}) == 400


def test_two_runs_at_once_do_the_work_once(feed: Path, environ: dict[str, str], index: ItemIndex) -> None:
    done: list[subprocess.CompletedProcess[str]] = []
    threads = [
        threading.Thread(target=lambda: done.append(ingest("run", feed, environ=environ))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.returncode for one in done] == [0, 0], done
    assert sorted(count(one.stdout, "embedded") for one in done) == [0, 24]
    assert index.count({}) == 24


def test_the_worker_ingests_its_feeds_follows_a_change_and_stops_cleanly(
    feed: Path, environ: dict[str, str], index: ItemIndex, tmp_path: Path
) -> None:
    environ["FEEDS"] = f"{feed},{tmp_path / 'later.csv'}"
    log = tmp_path / "worker.log"
    with running("-m", "ingest", "work", log=log, environ=environ) as process:
        eventually(lambda: "24 items read" in log.read_text())
        assert index.count({}) == 24
        eventually(lambda: "later.csv: not ingested, tried again" in log.read_text())
        (tmp_path / "later.csv").write_text("id,title,category,image\nB1,New,things,feed/3.jpg\n")
        eventually(lambda: "later.csv: 1 items read" in log.read_text())
        assert index.get_item("B1")["title"] == "New"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert "worker stopped" in log.read_text()


def test_the_worker_reads_a_feed_by_address_when_its_etag_changes(
    tmp_path: Path, environ: dict[str, str], index: ItemIndex
) -> None:
    (tmp_path / "1.jpg").write_bytes(jpeg())
    shop = {"etag": '"1"', "title": "Old", "sent": 0}

    def answer(handler: BaseHTTPRequestHandler) -> None:
        is_known = handler.headers.get("If-None-Match") == shop["etag"]
        line = {"id": "A1", "title": shop["title"], "category": "things", "images": [f"{tmp_path}/1.jpg"]}
        content = b"" if is_known else orjson.dumps(line)
        shop["sent"] = int(shop["sent"]) + (not is_known)
        handler.send_response(304 if is_known else 200)
        handler.send_header("ETag", str(shop["etag"]))
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    log = tmp_path / "worker.log"
    with answering(answer) as address:
        environ["FEEDS"] = address
        with running("-m", "ingest", "work", log=log, environ=environ):
            eventually(lambda: "1 items read" in log.read_text())
            sent = shop["sent"]
            time.sleep(1)
            assert shop["sent"] == sent == 2, "one look and one read"
            shop |= {"etag": '"2"', "title": "New"}
            eventually(lambda: log.read_text().count("1 items read") == 2)
    # A picture of this machine is not what a feed by address may name.
    assert "image_address_refused" in log.read_text()
    assert index.count({}) == 0


def test_the_worker_without_feeds_says_so_and_stops_cleanly(environ: dict[str, str], tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    with running("-m", "ingest", "work", log=log, environ=environ) as process:
        eventually(lambda: "set FEEDS" in log.read_text())
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
