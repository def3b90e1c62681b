"""The model is changed, and changed back, while customers search and a shop writes: nobody notices."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from catalog.encoder import Encoder
from catalog.images import image_sha256
from catalog.index import ItemIndex
from catalog.known_encoders import KnownEncoders
from catalog.settings import Settings
from ingest.targets import Targets
from ingest.write import delete
from tests.processes import ROOT, environ_of, free_port, running, wait_until_ready
from tests.reindex_load import Customers, Truth, Writing, ask
from tests.reindex_shop import RunFeed, Shop, picture_of

pytest_plugins = ["tests.reindex_fixtures"]

STILL, BUSY = 72, 24
WORKERS = 2


@pytest.fixture
def environ(settings: Settings) -> dict[str, str]:
    return {
        **environ_of(settings),
        "INGEST_BATCH_ITEMS": "8",
        "WEB_CONCURRENCY": str(WORKERS),
        "RATE_LIMIT": "off",
        "PORT": str(free_port()),
    }


@pytest.fixture
def url(environ: dict[str, str], small_shop: Shop, run_feed: RunFeed, tmp_path: Path) -> Iterator[str]:
    """A service of several workers over a shop of which half is never written again."""
    for n in range(STILL):
        small_shop.put(f"still-{n}", n)
    for n in range(BUSY):
        small_shop.put(f"busy-{n}", STILL + n)
    run_feed(small_shop.feed())
    address = f"http://127.0.0.1:{environ['PORT']}"
    with running("-m", "gunicorn", log=tmp_path / "web.log", environ=environ) as process:
        wait_until_ready(f"{address}/readyz", process)
        yield address


def begin(environ: dict[str, str], *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "ingest", "reindex", *map(str, arguments)],
        cwd=ROOT, env={**os.environ, **environ}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finish(process: subprocess.Popen[str]) -> str:
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return out


def kill_when(process: subprocess.Popen[str], holds: Callable[[], bool]) -> None:
    while not holds():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def pictures_in_copy(index: ItemIndex) -> int:
    building = index.versions.building()
    return building.pictures if building else -1


class Busy:
    """A shop that changes prices and pictures, brings new items and takes others away."""

    def __init__(
        self, small_shop: Shop, run_feed: RunFeed, settings: Settings, encoder: Encoder, index: ItemIndex
    ):
        self.shop, self._run, self._index = small_shop, run_feed, index
        self._encoders = KnownEncoders(settings, encoder)
        self._next = 1000

    def write(self, n: int) -> None:
        ids = [f"busy-{(n * 3 + k) % BUSY}" for k in range(3)]
        for item_id in ids[:2]:
            if item_id in self.shop.items:
                self.shop.items[item_id]["price"] = float(n + 2)
        self._next += 2
        self.shop.put(ids[2], self._next, price=float(n + 2))
        self.shop.put(f"new-{n}", self._next + 1)
        there = [one for one in [*ids, f"new-{n}"] if one in self.shop.items]
        self._run(self.shop.feed("changes.jsonl", there))
        if n % 3 == 2:
            self._take_away(f"new-{n - 1}")

    def _take_away(self, item_id: str) -> None:
        index = self._index
        version = index.versions.live()
        assert version is not None
        live = index.at(None, self._encoders.of(version))
        points = [point.id for point in live.points_of([item_id])[item_id]]
        delete(points, Targets(live, self._encoders))
        del self.shop.items[item_id]


def wait_until_all_serve(url: str, model: str) -> None:
    """Many answers in a row: of two workers each has had its turn."""
    deadline, in_a_row = time.monotonic() + 30, 0
    while in_a_row < 30:
        assert time.monotonic() < deadline, f"not all workers answer with {model}"
        in_a_row = in_a_row + 1 if ask(f"{url}/readyz")["model"] == model else 0


def assert_holds(index: ItemIndex, encoder: Encoder, small_shop: Shop) -> None:
    """The live collection is the shop, picture by picture and price by price, with this model's vectors."""
    live = index.at(None, encoder)
    assert live.count({}) == live.count_pictures() == len(small_shop.items)
    stored = live.points_of(list(small_shop.items))
    for item_id, fields in small_shop.items.items():
        (point,) = stored[item_id]
        content = (small_shop.folder / f"{fields['colour']}.jpg").read_bytes()
        assert (point.payload["price"], point.image_sha256) == (fields["price"], image_sha256(content)), (
            item_id
        )
        assert point.model == encoder.name
    expected = encoder.encode_images([picture_of(one["colour"]) for one in small_shop.items.values()])
    vectors = live.image_vectors([stored[item_id][0].id for item_id in small_shop.items])
    for item_id, vector in zip(small_shop.items, expected, strict=True):
        assert float(vectors[stored[item_id][0].id] @ vector) > 0.97, item_id


def test_searches_and_writes_go_on_through_a_change_of_the_model_and_back(
    url: str, environ: dict[str, str], settings: Settings, small_shop: Shop, run_feed: RunFeed,
    index: ItemIndex, encoder: Encoder, second_encoder: Encoder, second_model: Path, tmp_path: Path,
) -> None:  # fmt: skip
    truth = Truth()
    still = {f"still-{n}": n for n in range(STILL)}
    for one in (encoder, second_encoder):
        truth.add(one, still)
    busy = Busy(small_shop, run_feed, settings, encoder, index)
    writing = Writing(busy.write)
    model = ("--model", second_model)
    with Customers(url, settings.index_alias, truth, list(still)) as customers:
        writing.start()
        kill_when(begin(environ, *model), lambda: pictures_in_copy(index) >= 0)
        kill_when(begin(environ, *model), lambda: pictures_in_copy(index) >= 24)
        assert ask(f"{url}/readyz")["model"] == encoder.name
        report = finish(begin(environ, *model))
        wait_until_all_serve(url, second_encoder.name)
        writing.stop()
        assert customers.wrong == []
        assert_holds(index, second_encoder, small_shop)

        writing = Writing(lambda n: busy.write(n + 1000))
        writing.start()
        back = finish(begin(environ, "--roll-back"))
        wait_until_all_serve(url, encoder.name)
        writing.stop()
        assert_holds(index, encoder, small_shop)
    assert customers.wrong == []
    assert min(customers.answered.values()) > 20 and len(customers.answered) == 2, customers.answered
    assert "find themselves" in report and "payloads differing 0" in back
    there = int(report.split("already there")[1].split()[0].replace(",", ""))
    assert there >= 24, "what the killed ones have brought over is not brought over again"
    log = (tmp_path / "web.log").read_text()
    assert log.count(f"model={second_encoder.name} before={encoder.name}") == WORKERS
