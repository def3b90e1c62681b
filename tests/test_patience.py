"""ingest/patience.py: what is refused for now is tried again, until it works or nobody waits any more."""

import signal
import threading
import time
from pathlib import Path

import orjson
import pytest

from catalog.errors import IndexRefused, IndexUnavailable
from catalog.settings import Settings
from ingest.patience import patiently
from tests.picture_servers import Exchange, answer, serving_pictures
from tests.pictures import jpeg
from tests.processes import environ_of, running
from tests.pushing import eventually
from tests.vectorstore_process import VectorStore


def test_what_is_refused_for_now_is_tried_again() -> None:
    answers = iter([IndexUnavailable("not now"), 7])

    def step() -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert patiently(step)() == 7


def test_what_is_refused_for_good_is_not() -> None:
    tries: list[int] = []

    def step() -> None:
        tries.append(1)
        raise IndexRefused("never")

    with pytest.raises(IndexRefused):
        patiently(step)()
    assert len(tries) == 1


def test_nobody_waits_once_it_is_given_up() -> None:
    given_up, tried = threading.Event(), threading.Event()
    raised: list[Exception] = []

    def step() -> None:
        tried.set()
        raise IndexUnavailable("away")

    def wait() -> None:
        try:
            patiently(step, given_up)()
        except IndexUnavailable as error:
            raised.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert tried.wait(10)
    given_up.set()
    waiting.join(10)
    assert not waiting.is_alive() and raised


def test_an_interrupted_run_does_not_wait_for_a_store_that_is_away(
    tmp_path: Path, settings: Settings
) -> None:
    released = threading.Event()

    def script(exchange: Exchange) -> None:
        released.wait(30)
        exchange.send(answer(jpeg()))

    (tmp_path / "own.jpg").write_bytes(jpeg())
    feed, log = tmp_path / "feed.jsonl", tmp_path / "run.log"
    store = VectorStore(tmp_path / "store")
    store.start()
    with serving_pictures(script) as server:
        pictures = [server.url(), *["own.jpg"] * 99]  # the first holds up the first batch
        rows = [{"id": str(n), "title": "x", "category": "x", "image": one} for n, one in enumerate(pictures)]
        feed.write_bytes(b"\n".join(map(orjson.dumps, rows)))
        environ = environ_of(settings) | {
            "QDRANT_URL": store.url, "INGEST_BATCH_ITEMS": "8",
            "IMAGE_PRIVATE_HOSTS": "127.0.0.1", "IMAGE_PORTS": str(server.port),
        }  # fmt: skip
        with running("-m", "ingest", "run", feed, log=log, environ=environ) as process:
            eventually(lambda: server.requests)
            store.kill()
            released.set()
            time.sleep(2)  # the first batch cannot be written, the second not be looked up
            assert process.poll() is None, log.read_text()
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=30) == 130
