"""service/admission.py and overload.py: requests beyond what can be answered are refused at once."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from catalog.collection import connect
from catalog.encoder import Encoder
from catalog.index import ItemIndex
from service.admission import ANSWERING, THREADS, WAITING, Admission, NoRoom
from tests.processes import free_port, running, wait_until_ready
from tests.pushing import eventually
from tests.servers import Delay, delayed
from tests.service_shop import SHOP, fill, settings_for


def full(longest_wait_s: float, answering: int = 2, waiting: int = 3) -> Admission:
    admission = Admission(longest_wait_s, answering, waiting)
    for _ in range(answering):
        admission.enter()
    return admission


def entering(admission: Admission, entered: list[int], number: int) -> threading.Thread:
    before = admission.waiting

    def enter() -> None:
        admission.enter()
        entered.append(number)

    thread = threading.Thread(target=enter)
    thread.start()
    eventually(lambda: admission.waiting > before)
    return thread


def test_turns_come_in_the_order_of_arrival() -> None:
    admission, entered = full(10.0), list[int]()
    threads = [entering(admission, entered, number) for number in range(3)]
    for done in range(3):
        admission.leave()
        eventually(lambda seen=done: len(entered) > seen)
    assert entered == [0, 1, 2] and admission.waiting == 0
    for thread in threads:
        thread.join()


def test_more_than_the_places_for_waiting_are_refused_at_once() -> None:
    admission, entered = full(10.0), list[int]()
    threads = [entering(admission, entered, number) for number in range(3)]
    began = time.monotonic()
    with pytest.raises(NoRoom):
        admission.enter()
    assert time.monotonic() - began < 1.0
    for _ in range(5):
        admission.leave()
    for thread in threads:
        thread.join()
    admission.enter()  # all turns are free again
    assert admission.waiting == 0


def test_nobody_waits_longer_than_the_longest_wait_and_what_is_stuck_is_foreseen() -> None:
    admission = full(0.3)
    began = time.monotonic()
    with pytest.raises(NoRoom):
        admission.enter()
    assert 0.3 <= time.monotonic() - began < 3.0
    began = time.monotonic()
    with pytest.raises(NoRoom):
        admission.enter()
    assert time.monotonic() - began < 0.2, "nothing has ended for longer than it would wait"
    admission.leave()
    admission.enter()


def test_a_wait_that_would_be_too_long_is_foreseen_from_the_pace() -> None:
    admission, entered = full(1.0, answering=1, waiting=100), list[int]()
    for number in range(30):  # one that ends every 0.05 s: 20 can wait
        thread = entering(admission, entered, number)
        time.sleep(0.05)
        admission.leave()
        thread.join()
    with ThreadPoolExecutor(60) as callers:
        began = time.monotonic()
        asked = [callers.submit(admission.enter) for _ in range(60)]
        eventually(lambda: sum(one.done() for one in asked) >= 35, timeout_s=1)
        assert time.monotonic() - began < 0.8, "before anyone has waited in vain"
        for _ in range(60):
            admission.leave()
    refused = [error for one in asked if isinstance(error := one.exception(), NoRoom)]
    assert 35 <= len(refused) < 58 and all(error.wait_s > 1.0 for error in refused)


@pytest.fixture(scope="module")
def shop(
    store_url: str, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Delay]]:
    """gunicorn with one worker over a store that can be made to hang."""
    writer = connect(settings_for(store_url))
    fill(ItemIndex(writer, store_url, "overload", encoder), encoder, SHOP)
    writer.close()
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with delayed(store_url) as (late_url, delay):
        environ = {
            "PORT": str(port), "QDRANT_URL": late_url, "INDEX_ALIAS": "overload", "WEB_CONCURRENCY": "1",
            "RATE_LIMIT": "off", "OVERLOAD_WAIT_S": "0.5",
        }  # fmt: skip
        log: Path = tmp_path_factory.mktemp("overload") / "web.log"
        with running("-m", "gunicorn", log=log, environ=environ) as process:
            wait_until_ready(f"{url}/readyz", process)
            yield url, delay
            delay.answer_again()


def test_a_service_whose_store_hangs_refuses_at_once_and_stays_alive(shop: tuple[str, Delay]) -> None:
    url, delay = shop

    def search(_: int) -> tuple[httpx.Response, float]:
        began = time.monotonic()
        answer = httpx.get(f"{url}/v1/search?text=red", timeout=60)
        return answer, time.monotonic() - began

    assert search(0)[0].status_code == 200
    delay.hang()
    with ThreadPoolExecutor(THREADS * 2) as clients:
        asked: list[Future[tuple[httpx.Response, float]]] = [
            clients.submit(search, n) for n in range(THREADS * 2)
        ]
        refused = THREADS * 2 - ANSWERING
        eventually(lambda: sum(one.done() for one in asked) >= refused, timeout_s=8)
        for path in ("/healthz", "/metrics"):
            began = time.monotonic()
            assert httpx.get(f"{url}{path}", timeout=5).status_code == 200
            assert time.monotonic() - began < 2.0, path
        assert sum(one.done() for one in asked) == refused, "the others still wait for the store"
        delay.answer_again()
        answers = [one.result() for one in asked]
    for answer, seconds in answers:
        if answer.status_code == 503 and answer.json()["code"] == "overloaded":
            assert int(answer.headers["Retry-After"]) >= 1 and seconds < 5.0
            assert answer.headers["Content-Type"] == "application/problem+json"
    assert sum(answer.status_code == 503 for answer, _ in answers) == refused
    assert f'vitrine_errors_total{{code="overloaded"}} {float(refused)}' in httpx.get(f"{url}/metrics").text
    assert WAITING < refused


def test_it_goes_on_by_itself(shop: tuple[str, Delay]) -> None:
    url, _ = shop
    answer = eventually(lambda: (one := httpx.get(f"{url}/v1/search?text=red")).status_code == 200 and one)
    assert answer.json()["total"] == len(SHOP)
