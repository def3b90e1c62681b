"""The parts of tests/chaos: a judge that sees what is stale or lost, a proxy that spoils, disks that fill."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.chaos.clock import Clock, clock_library
from tests.chaos.disks import disk
from tests.chaos.proxy import Link, links
from tests.chaos.score import Score
from tests.chaos.truth import State, Truth
from tests.picture_servers import Exchange, answer, serving_pictures

FIRST, SECOND = State("a", 1.0), State("a", 2.0)


def test_what_is_past_and_what_never_was_is_seen_to_be_wrong() -> None:
    truth = Truth()
    first = truth.sent("item", FIRST)
    sure = truth.sure()["item"]
    assert truth.saw("item", None, sure) is None, "it may not be there yet"
    assert truth.saw("item", SECOND, sure), "nobody has sent that yet"
    truth.done("item", first)
    assert truth.saw("item", None, truth.sure()["item"]), "it is done, so it must be there"
    truth.sent("item", SECOND)
    assert truth.saw("item", FIRST, truth.sure()["item"]) is None
    assert truth.saw("item", SECOND, truth.sure()["item"]) is None
    assert truth.saw("item", FIRST, truth.sure()["item"]), "the second has been seen: the first is past"
    assert truth.saw("item", FIRST, sure) is None, "but not to a request that was sent before that"


def test_a_score_with_anything_wrong_or_lost_is_not_good() -> None:
    assert Score().is_good
    for report in (Score.is_wrong, Score.is_lost):
        score = Score()
        report(score, "that one")
        assert not score.is_good and "that one" in score.told()


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    """To a server that answers a thousand bytes."""

    def script(exchange: Exchange) -> None:
        exchange.send(answer(b"x" * 1000))

    with serving_pictures(script) as server, links({"there": server.port}, seed=1) as made:
        yield made["there"]


def ask(link: Link, timeout_s: float = 5.0) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{link.port}/", timeout=timeout_s)


def test_a_link_passes_everything_on_until_it_is_spoilt(link: Link) -> None:
    assert len(ask(link).content) == 1000
    link.spoil("reset")
    with pytest.raises(httpx.TransportError):
        ask(link)
    link.spoil("half-open")
    with pytest.raises(httpx.ReadTimeout):
        ask(link, 0.5)
    link.spoil("partial answer")
    for _ in range(5):
        with pytest.raises(httpx.RemoteProtocolError):
            assert len(ask(link).content) == 1000
    link.spoil("latency")
    began = time.monotonic()
    assert len(ask(link).content) == 1000
    assert time.monotonic() - began > 0.09, "there and back"
    link.spoil(None)
    assert len(ask(link).content) == 1000


def test_connections_that_are_open_when_a_fault_begins_suffer_it_too(link: Link) -> None:
    for how in ("reset", "half-open"):
        link.spoil(None)
        with socket.create_connection(("127.0.0.1", link.port)) as held:
            time.sleep(0.1)
            link.spoil("half-open" if how == "half-open" else "reset")
            held.settimeout(1.0)
            with pytest.raises(ConnectionResetError if how == "reset" else TimeoutError):
                time.sleep(0.1)
                held.sendall(b"GET / HTTP/1.1\r\n\r\n")
                held.recv(1)
    link.spoil(None)


def test_a_clock_jumps_and_waiting_goes_on_as_it_was(tmp_path: Path) -> None:
    library = clock_library(tmp_path)
    if library is None:
        pytest.skip("no C compiler")
    clock = Clock(library, tmp_path / "clock")
    clock.jump(7200)
    program = "import time; m = time.monotonic(); time.sleep(0.1); print(time.time(), time.monotonic() - m)"
    told = subprocess.run([sys.executable, "-c", program], env=clock.environ, capture_output=True, text=True)
    now, slept = map(float, told.stdout.split())
    assert 7100 < now - time.time() < 7300 and 0.09 < slept < 10


def test_a_disk_is_full_until_it_is_freed(tmp_path: Path) -> None:
    with disk(tmp_path / "disk", 4) as small:
        if not small.is_own:
            pytest.skip("no file system may be mounted here")
        small.fill(0)
        with pytest.raises(OSError, match="No space left"):
            (small.path / "more").write_bytes(bytes(100_000))
        small.free()
        (small.path / "more").write_bytes(bytes(100_000))
