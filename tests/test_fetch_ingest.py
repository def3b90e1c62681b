"""Feeds whose pictures are addresses, from the feed to the index, against a real picture server."""

import hashlib
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from catalog.encoder import Encoder
from catalog.index import ItemIndex
from catalog.settings import Settings
from catalog.thumbnails import thumbnail_path
from ingest.feeds.open_feed import open_feed
from ingest.pipeline import ingest
from ingest.report import Report
from tests.picture_servers import Exchange, PictureServer, answer, serving_pictures
from tests.pictures import BLUE, jpeg
from tests.processes import run_program, running

COUNT = 20


class Shop:
    """The pictures of a shop, by path; each has an ETag of its content."""

    def __init__(self) -> None:
        self.pictures = {f"/{n}.jpg": jpeg((10 * n, 90, 40)) for n in range(COUNT)}
        self.broken: dict[str, bytes] = {}
        self.etags = True

    def __call__(self, exchange: Exchange) -> None:
        if exchange.path in self.broken:
            exchange.send(self.broken[exchange.path])
            return
        content = self.pictures[exchange.path]
        tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        if self.etags and exchange.headers.get("if-none-match") == tag:
            exchange.send(answer(b"", "304 Not Modified", ETag=tag))
        else:
            exchange.send(answer(content, **({"ETag": tag} if self.etags else {})))


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def server(shop: Shop) -> Iterator[PictureServer]:
    with serving_pictures(shop) as server:
        yield server


@pytest.fixture
def feed(tmp_path: Path, server: PictureServer) -> Path:
    path = tmp_path / "feed.csv"
    rows = [f"A{n},Thing {n},things,{server.url(f'/{n}.jpg')}" for n in range(COUNT)]
    path.write_text("\n".join(["id,title,category,image", *rows]) + "\n")
    return path


@pytest.fixture
def run(
    feed: Path, settings: Settings, encoder: Encoder, index: ItemIndex, server: PictureServer
) -> Callable[[], Report]:
    """Ingests the feed, as a new ingest each time."""
    update = {"image_private_hosts": ("127.0.0.1",), "image_ports": (server.port,), "image_timeout_s": 5.0}

    def run_feed() -> Report:
        return ingest(open_feed(str(feed)), settings.model_copy(update=update), encoder, index)

    return run_feed


def figures(report: Report) -> dict[str, int]:
    outcomes = {name: count for name, count in report.items.items() if count}
    return outcomes | {"downloads": report.downloads, "not_modified": report.not_modified}


def test_pictures_are_fetched_once_and_then_only_asked_about(
    run: Callable[[], Report], shop: Shop, server: PictureServer, index: ItemIndex
) -> None:
    first = run()
    assert figures(first) == {"embedded": COUNT, "downloads": COUNT, "not_modified": 0}
    assert first.downloaded_bytes == sum(map(len, shop.pictures.values()))
    before = index.points_of(["A3"])
    second = run()
    assert figures(second) == {"unchanged": COUNT, "downloads": 0, "not_modified": COUNT}
    assert (second.downloaded_bytes, second.pictures_embedded) == (0, 0)
    assert index.points_of(["A3"]) == before
    assert len(server.requests) == 2 * COUNT


def test_a_changed_picture_is_not_missed(
    run: Callable[[], Report], shop: Shop, index: ItemIndex, encoder: Encoder
) -> None:
    run()
    before = index.item_vector("A4")
    shop.pictures["/4.jpg"] = jpeg(BLUE)
    report = run()
    assert figures(report) == {
        "embedded": 1, "unchanged": COUNT - 1, "downloads": 1, "not_modified": COUNT - 1,
    }  # fmt: skip
    assert index.item_vector("A4") != pytest.approx(before, abs=1e-3)


def test_without_validators_the_content_decides(run: Callable[[], Report], shop: Shop) -> None:
    shop.etags = False
    run()
    shop.pictures["/4.jpg"] = jpeg(BLUE)
    assert figures(run()) == {
        "embedded": 1, "unchanged": COUNT - 1, "downloads": COUNT, "not_modified": 0,
    }  # fmt: skip


def test_a_picture_is_asked_for_whole_when_the_index_does_not_hold_it(
    run: Callable[[], Report], shop: Shop, index: ItemIndex, settings: Settings
) -> None:
    """What is remembered of an address says nothing of what the index and the thumbnails hold."""
    run()
    index.delete_points([point.id for point in index.points_of(["A3"])["A3"]])
    sha256 = hashlib.sha256(shop.pictures["/5.jpg"]).hexdigest()
    thumbnail_path(settings.thumbnail_dir, sha256).unlink()
    report = run()
    assert figures(report) == {
        "embedded": 1, "unchanged": COUNT - 1, "downloads": 2, "not_modified": COUNT - 2,
    }  # fmt: skip
    assert thumbnail_path(settings.thumbnail_dir, sha256).is_file()


def test_what_is_remembered_may_be_lost(run: Callable[[], Report], settings: Settings) -> None:
    run()
    for path in settings.state_dir.glob("pictures-*"):
        path.unlink()
    assert figures(run()) == {"unchanged": COUNT, "downloads": COUNT, "not_modified": 0}


def test_a_picture_that_swaps_with_another_is_not_mixed_up(
    run: Callable[[], Report], feed: Path, index: ItemIndex
) -> None:
    run()
    seven, eight = index.item_vector("A7"), index.item_vector("A8")
    text = (
        feed.read_text().replace("/7.jpg", "/x.jpg").replace("/8.jpg", "/7.jpg").replace("/x.jpg", "/8.jpg")
    )
    feed.write_text(text)
    assert run().pictures_embedded == 2
    assert index.item_vector("A7") == pytest.approx(eight, abs=1e-5)
    assert index.item_vector("A8") == pytest.approx(seven, abs=1e-5)


BROKEN = {
    "/1.jpg": (answer(b"<html>gone</html>", Content_Type="image/jpeg"), "image_not_an_image"),
    "/2.jpg": (answer(b"", "404 Not Found"), "image_http_status"),
    "/3.jpg": (answer(jpeg()[:500]), "image_undecodable"),
    "/4.jpg": (answer(b"", "302 Found", Location="http://169.254.169.254/"), "image_address_refused"),
    "/5.jpg": (answer(b"", length=50_000_000), "image_too_many_bytes"),
    "/6.jpg": (answer(jpeg(), Content_Encoding="gzip"), "image_answer_broken"),
    "/7.jpg": (b"", "image_timeout"),
    "/8.jpg": (answer(b""), "image_not_an_image"),
}


def test_broken_pictures_fail_alone_and_leave_what_was_there(
    run: Callable[[], Report], shop: Shop, index: ItemIndex, caplog: pytest.LogCaptureFixture
) -> None:
    run()
    before = {n: index.item_vector(f"A{n}") for n in range(1, 9)}
    shop.broken = {path: said for path, (said, _) in BROKEN.items()}
    report = run()
    assert sorted(report.problems.elements()) == sorted(code for _, code in BROKEN.values())
    assert figures(report) == {"unchanged": COUNT, "downloads": 0, "not_modified": COUNT - len(BROKEN)}
    for path, (_, code) in BROKEN.items():
        assert any(f"{path}'" in line and f"[{code}]" in line for line in caplog.messages), path
    for n, vector in before.items():
        assert index.item_vector(f"A{n}") == pytest.approx(vector)
    shop.broken = {}
    assert figures(run()) == {"unchanged": COUNT, "downloads": 0, "not_modified": COUNT}


def test_an_address_with_a_password_is_refused_and_not_logged(
    run: Callable[[], Report], feed: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with feed.open("a") as file:
        file.write("S,Secret,things,https://user:hunter2@shop.example/a.jpg\n")
    assert run().problems == {"image_address_refused": 1}
    assert "hunter2" not in caplog.text
    assert "https://shop.example/a.jpg" in caplog.text


@pytest.fixture
def environ(settings: Settings, server: PictureServer) -> dict[str, str]:
    return {
        "QDRANT_URL": settings.qdrant_url,
        "INDEX_ALIAS": settings.index_alias,
        "STATE_DIR": str(settings.state_dir),
        "THUMBNAIL_DIR": str(settings.thumbnail_dir),
        "IMAGE_PRIVATE_HOSTS": "127.0.0.1",
        "IMAGE_PORTS": str(server.port),
    }


def test_the_command_fetches_reports_and_asks_about_the_second_time(
    feed: Path, environ: dict[str, str], shop: Shop, index: ItemIndex
) -> None:
    shop.broken = {"/9.jpg": answer(b"<html>", Content_Type="image/jpeg")}
    first = run_program("-m", "ingest", "run", feed, environ=environ)
    assert first.returncode == 1, first.stderr
    assert re.search(rf"^  embedded +{COUNT - 1} ", first.stdout, re.MULTILINE)
    assert re.search(
        rf"^  downloaded +{COUNT - 1} \(0\.0 MB; 0 more not modified\)", first.stdout, re.MULTILINE
    )
    assert re.search(r"feed\.csv line 11, id 'A9', picture .*\[image_not_an_image\]", first.stderr)
    assert index.count({}) == COUNT - 1
    shop.broken = {}
    second = run_program("-m", "ingest", "run", feed, environ=environ)
    assert second.returncode == 0, second.stderr
    assert re.search(rf"^  unchanged +{COUNT - 1}$", second.stdout, re.MULTILINE)
    assert re.search(rf"^  downloaded +1 \(.* {COUNT - 1} more not modified\)", second.stdout, re.MULTILINE)


def test_without_the_setting_nothing_of_this_machine_is_fetched(
    feed: Path, environ: dict[str, str], server: PictureServer
) -> None:
    done = run_program("-m", "ingest", "run", feed, environ={**environ, "IMAGE_PRIVATE_HOSTS": ""})
    assert done.returncode == 1
    assert f"{COUNT} image_address_refused" in done.stdout
    assert server.requests == []


def peak_memory_kb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    match = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert match
    return int(match[1])


def test_ctrl_c_does_not_wait_for_slow_pictures_and_endless_ones_cost_no_memory(
    feed: Path, environ: dict[str, str], server: PictureServer, tmp_path: Path
) -> None:
    slow = [f"/{n}.jpg" for n in range(COUNT - 8, COUNT)]  # as many as are fetched from a host at once

    def script(exchange: Exchange) -> None:
        if exchange.path in slow:
            exchange.stop.wait(60)
        exchange.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while not exchange.stop.wait(0.002):
            exchange.send(b"\xff" * 65_536)

    server.script = script
    log = tmp_path / "run.log"
    with running("-m", "ingest", "run", feed, log=log, environ=environ) as process:
        deadline = time.monotonic() + 60
        while not set(slow) <= set(server.paths):
            assert time.monotonic() < deadline, log.read_text()
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        peak_kb = peak_memory_kb(process.pid)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        assert process.wait(timeout=60) == 130, log.read_text()
        assert time.monotonic() - began < 5
    assert "Traceback" not in log.read_text()
    # 8 pictures of 20 MB at once, beside what an ingest needs anyway.
    assert peak_kb < 600_000
