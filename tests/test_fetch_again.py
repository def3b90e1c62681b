"""ingest/fetch: what is asked again, how many at once, and what is remembered of a picture."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from catalog.errors import ImageHostUnreachable, ImageHttpStatus, ImageTimeout
from ingest.fetch.fetcher import DOWN_AFTER
from ingest.fetch.locations import locate
from ingest.fetch.memory import PictureMemory
from ingest.fetch.validators import Known, Validator, validator_of
from tests.picture_servers import Exchange, Names, answer, fetching, serving_pictures
from tests.pictures import jpeg

PICTURE = jpeg()


@pytest.mark.parametrize("status", ["500 Oops", "502 Bad Gateway", "503 Busy", "504 Late", "408 Slow"])
def test_what_may_pass_is_asked_again(status: str) -> None:
    def script(exchange: Exchange) -> None:
        exchange.send(answer(b"", status) if exchange.number == 0 else answer(PICTURE))

    with serving_pictures(script) as server, fetching(server) as fetch:
        assert fetch.content(server.url()) == PICTURE
        assert len(server.requests) == 2


def test_it_is_not_asked_without_end() -> None:
    with serving_pictures(answer(b"", "500 Oops")) as server, fetching(server) as fetch:
        with pytest.raises(ImageHttpStatus, match="answers 500"):
            fetch.get(server.url())
        assert len(server.requests) == 3


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_is_kept_to(as_date: bool) -> None:
    came: list[float] = []

    def script(exchange: Exchange) -> None:
        came.append(time.monotonic())
        pause = format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True) if as_date else "2"
        busy = answer(b"", "429 Too Many Requests", Retry_After=pause)
        exchange.send(busy if exchange.number == 0 else answer(PICTURE))

    with serving_pictures(script) as server, fetching(server) as fetch:
        assert fetch.content(server.url()) == PICTURE
    assert came[1] - came[0] > 1.9


@pytest.mark.parametrize("pause", ["3600", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_pause_that_is_too_long_fails_at_once(pause: str) -> None:
    busy = answer(b"", "429 Too Many Requests", Retry_After=pause)
    with serving_pictures(busy) as server, fetching(server) as fetch:
        began = time.monotonic()
        with pytest.raises(ImageHttpStatus, match="429"):
            fetch.get(server.url())
        assert time.monotonic() - began < 3
        assert len(server.requests) == 1


@pytest.mark.parametrize("pause", ["soon", "-1", "", "\xb2", "Fri, 31 Feb 2026 99:99:99 GMT"])
def test_a_pause_that_is_no_number_is_no_pause(pause: str) -> None:
    def script(exchange: Exchange) -> None:
        busy = answer(b"", "503 Busy", Retry_After=pause)
        exchange.send(busy if exchange.number == 0 else answer(PICTURE))

    with serving_pictures(script) as server, fetching(server) as fetch:
        assert fetch.content(server.url()) == PICTURE


def test_a_reset_in_the_middle_is_asked_again() -> None:
    def script(exchange: Exchange) -> None:
        if exchange.number == 0:
            exchange.send(answer(PICTURE[:300], length=len(PICTURE)))
            exchange.reset()
        else:
            exchange.send(answer(PICTURE))

    with serving_pictures(script) as server, fetching(server) as fetch:
        assert fetch.content(server.url()) == PICTURE


def test_a_host_that_is_down_is_let_be_and_the_others_are_not() -> None:
    def script(exchange: Exchange) -> None:
        if exchange.path.startswith("/down"):
            exchange.stop.wait(20)
        exchange.send(answer(PICTURE))

    names = Names(down_example=[["127.0.0.1"]], up_example=[["127.0.0.1"]])
    with serving_pictures(script) as server:
        with fetching(server, private=("*.example",), resolver=names, image_timeout_s=1.5) as fetch:
            many = [fetch.begin(server.url(f"/down/{n}", "down.example")) for n in range(3 * DOWN_AFTER)]
            assert fetch.content(server.url("/up", "up.example")) == PICTURE
            codes = [type(one.exception(timeout=30)) for one in many]
    assert set(codes) == {ImageTimeout, ImageHostUnreachable}
    assert codes.count(ImageTimeout) < 2 * DOWN_AFTER


@pytest.mark.parametrize(("in_all", "per_host", "hosts"), [(16, 3, 2), (4, 8, 2), (1, 1, 1)])
def test_no_more_are_fetched_at_once_than_the_settings_say(in_all: int, per_host: int, hosts: int) -> None:
    open_by_host = {f"{n}": 0 for n in range(hosts)}
    most = dict(open_by_host)
    lock = threading.Lock()

    def script(exchange: Exchange) -> None:
        host = exchange.headers["host"][1]
        with lock:
            open_by_host[host] += 1
            most[host] = max(most[host], open_by_host[host])
        time.sleep(0.02)
        with lock:
            open_by_host[host] -= 1
        exchange.send(answer(PICTURE))

    names = Names()
    names.answers = {f"h{n}.example": [["127.0.0.1"]] for n in range(hosts)}
    with serving_pictures(script) as server:
        with fetching(
            server, private=("*.example",), resolver=names,
            image_fetches=in_all, image_fetches_per_host=per_host,
        ) as fetch:  # fmt: skip
            many = [fetch.begin(server.url(f"/{n}", f"h{n % hosts}.example")) for n in range(40)]
            assert all(one.result(timeout=30) for one in many)
    assert set(most.values()) <= set(range(1, per_host + 1))
    assert server.most_open <= in_all


def test_connections_are_kept_open_and_used_again() -> None:
    ports = set()

    def script(exchange: Exchange) -> None:
        ports.add(exchange.connection.getpeername()[1])
        exchange.send(
            answer(b"", "304 Not Modified") if "if-none-match" in exchange.headers else answer(PICTURE)
        )

    with serving_pictures(script) as server, fetching(server, image_fetches_per_host=2) as fetch:
        known = Validator(server.url(), '"a"', None)
        for one in [fetch.begin(server.url(), known if n % 2 else None) for n in range(30)]:
            one.result(timeout=30)
    assert len(ports) <= 2


def test_what_waits_when_the_fetcher_is_closed_is_given_up() -> None:
    with serving_pictures(lambda exchange: exchange.stop.wait(20)) as server:
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt), fetching(server) as fetch:
            waiting = [fetch.begin(server.url()) for _ in range(30)]
            time.sleep(0.3)
            raise KeyboardInterrupt
        assert time.monotonic() - began < 5
        assert all(one.cancelled() for one in waiting)


# Conditions


def test_an_unchanged_picture_is_not_sent_again() -> None:
    def script(exchange: Exchange) -> None:
        same = exchange.headers.get("if-none-match") == '"v1"'
        exchange.send(answer(b"", "304 Not Modified") if same else answer(PICTURE, ETag='"v1"'))

    with serving_pictures(script) as server, fetching(server) as fetch:
        first = fetch.get(server.url())
        assert first and first.validator == Validator(server.url(), '"v1"', None)
        assert fetch.get(server.url(), first.validator) is None
        assert fetch.content(server.url()) == PICTURE, "asked without a condition it must be sent"


def test_a_304_that_was_not_asked_for_is_an_error() -> None:
    with serving_pictures(answer(b"", "304 Not Modified")) as server, fetching(server) as fetch:
        with pytest.raises(ImageHttpStatus):
            fetch.get(server.url())


def test_what_one_address_said_is_not_asked_of_another() -> None:
    """A redirect that leads elsewhere by now: an older picture there would be `not modified`."""
    target = "/old"

    def script(exchange: Exchange) -> None:
        if exchange.path == "/picture.jpg":
            exchange.send(answer(b"", "302 Found", Location=target))
        elif set(exchange.headers) & {"if-none-match", "if-modified-since"}:
            exchange.send(answer(b"", "304 Not Modified"))
        else:
            exchange.send(answer(exchange.path.encode(), ETag='"v1"'))

    with serving_pictures(script) as server, fetching(server) as fetch:
        first = fetch.get(server.url())
        assert first and first.content == b"/old"
        assert fetch.get(server.url(), first.validator) is None
        target = "/new"
        second = fetch.get(server.url(), first.validator)
        assert second and second.content == b"/new"


HERE = locate("http://shop.example/a.jpg")
DATE, MINUTE_BEFORE, SECOND_BEFORE = (
    f"Mon, 05 Jan 2026 10:{minute:02}:{second:02} GMT" for minute, second in ((30, 0), (29, 0), (29, 59))
)


@pytest.mark.parametrize(
    ("headers", "conditions"),
    [
        ({}, None),
        ({"etag": '"a"'}, {"If-None-Match": '"a"'}),
        ({"etag": 'W/"a"'}, {"If-None-Match": 'W/"a"'}),
        ({"etag": '"' + "a" * 300 + '"'}, None),
        ({"etag": '"ä"'}, None),
        ({"etag": ""}, None),
        ({"last-modified": MINUTE_BEFORE, "date": DATE}, {"If-Modified-Since": MINUTE_BEFORE}),
        ({"last-modified": SECOND_BEFORE, "date": DATE}, None),
        ({"last-modified": MINUTE_BEFORE}, None),
        ({"last-modified": "yesterday", "date": DATE}, None),
        ({"last-modified": MINUTE_BEFORE.replace("GMT", "-0000"), "date": DATE}, None),
        ({"etag": '"a"', "last-modified": MINUTE_BEFORE, "date": DATE}, {"If-None-Match": '"a"'}),
    ],
)
def test_only_what_can_be_relied_on_is_asked_by(
    headers: dict[str, str], conditions: dict[str, str] | None
) -> None:
    validator = validator_of(HERE, headers)
    assert (validator.conditions if validator else None) == conditions


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "pictures.sqlite"


@pytest.fixture
def memory(path: Path) -> Iterator[PictureMemory]:
    memory = PictureMemory(path)
    yield memory
    memory.close()


KNOWN = Known(Validator("http://a/b", '"a"', None), "0" * 64)


def test_the_memory_survives_and_keeps_the_newest(path: Path) -> None:
    memory = PictureMemory(path)
    newer = Known(Validator("http://a/c", None, MINUTE_BEFORE), "1" * 64)
    memory.remember({"http://a": KNOWN, "http://b": KNOWN})
    memory.remember({"http://b": newer})
    memory.close()
    again = PictureMemory(path)
    assert [again.get(f"http://{name}") for name in "abc"] == [KNOWN, newer, None]
    again.close()


def test_a_file_that_cannot_be_used_now_stays_and_costs_downloads_only(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = PictureMemory(path)
    memory.remember({"http://a": KNOWN})
    memory.close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA journal_mode = DELETE")
    other.execute("BEGIN EXCLUSIVE")  # as another worker, or a disk that hangs, for longer than it waits
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path, **options: connect(path, **options | {"timeout": 0}))
    without = PictureMemory(path)
    assert without.get("http://a") is None
    without.remember({"http://b": KNOWN})
    assert without.get("http://b") == KNOWN
    without.close()
    other.close()
    again = PictureMemory(path)
    assert again.get("http://a") == KNOWN
    again.close()


def test_the_memory_is_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.fetch.memory.MAX_ROWS", 100)
    memory = PictureMemory(path)
    for n in range(130):
        memory.remember({f"http://{n}": KNOWN})
    memory.close()
    again = PictureMemory(path)
    left = [n for n in range(130) if again.get(f"http://{n}")]
    assert left == list(range(40, 130))
    again.close()


def test_what_is_known_for_long_is_asked_anew(memory: PictureMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    memory.remember({"http://a": KNOWN})
    monkeypatch.setattr("ingest.fetch.memory.TRUSTED_S", -1)
    assert memory.get("http://a") is None


def test_a_damaged_memory_is_begun_anew(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database at all" * 100)
    memory = PictureMemory(path)
    assert "damaged" in caplog.text
    memory.remember({"http://a": KNOWN})
    assert memory.get("http://a") == KNOWN
    memory.close()


def test_a_memory_that_fails_costs_no_ingest(
    memory: PictureMemory, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with sqlite3.connect(path) as other:
        other.execute("DROP TABLE pictures")
    other.close()
    memory.remember({"http://a": KNOWN})
    assert memory.get("http://a") is None
    assert len(caplog.messages) == 2
