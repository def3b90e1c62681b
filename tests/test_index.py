"""catalog/index.py and catalog/collection.py against a real store over a real socket."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catalog.collection import connect
from catalog.encoder import Encoder, Vectors
from catalog.errors import (
    IndexEmpty,
    IndexRefused,
    IndexTimeout,
    IndexUnavailable,
    ItemNotFound,
    ModelMismatch,
)
from catalog.filters import AnyOf, Between, Filter
from catalog.index import ItemIndex
from catalog.items import parse_item, point_id
from catalog.points import Picture, Point, id_of, keywords_of, payload_of, stamped
from catalog.settings import Settings
from catalog.wanted import Ranked, Wanted, Words
from tests.processes import free_port, running, wait_until_ready
from tests.servers import answering, silent

START = datetime(2026, 1, 1, tzinfo=UTC)
ITEMS: list[dict[str, Any]] = [
    dict(id="dress", title="Red summer dress", category="dresses", brand="Acme", price=50, in_stock=True),
    dict(id="gown", title="Red evening gown", category="dresses", brand="Nuit", price=200, in_stock=False),
    dict(id="jeans", title="Blue jeans", category="jeans", price=80, in_stock=True),
    dict(id="belt", title="Brown belt", category="belts", brand="Acme"),
]


def unit(*values: float, dimension: int) -> Vectors:
    vector = np.zeros(dimension, dtype=np.float32)
    vector[: len(values)] = values
    return vector / np.linalg.norm(vector)


def points_for(fields: dict[str, Any], vectors: list[Vectors], now: datetime = START) -> list[Point]:
    item = parse_item({**fields, "images": [f"{fields['id']}-{n}.jpg" for n in range(len(vectors))]})
    pictures = [Picture(n, source, f"{n:064x}") for n, source in enumerate(item.images)]
    points = []
    for picture, vector in zip(pictures, vectors, strict=True):
        payload = stamped(payload_of(item, pictures, picture, "compact"), now)
        points.append(Point(id_of(item, picture), vector, keywords_of(payload), payload))
    return points


def fill(index: ItemIndex, encoder: Encoder) -> ItemIndex:
    """Four items; the dress has three pictures, the second of them far from the others."""
    index.ensure()
    d = encoder.dimension
    vectors = {
        "dress": [unit(1, 0.1, dimension=d), unit(0, 0, 1, dimension=d), unit(1, 0.2, dimension=d)],
        "gown": [unit(1, 0.3, dimension=d)],
        "jeans": [unit(0, 1, dimension=d)],
        "belt": [unit(-1, 1, dimension=d)],
    }
    for minute, fields in enumerate(ITEMS):
        index.upsert(points_for(fields, vectors[fields["id"]], START + timedelta(minutes=minute)))
    return index


@pytest.fixture(scope="module")
def shop(store_url: str, encoder: Encoder) -> Iterator[ItemIndex]:
    """Nobody writes to it."""
    client = connect(Settings(_env_file=None, qdrant_url=store_url))
    yield fill(ItemIndex(client, store_url, "index-tests", encoder), encoder)
    client.close()


@pytest.fixture
def own_shop(index: ItemIndex, encoder: Encoder) -> ItemIndex:
    return fill(index, encoder)


def ranked(
    index: ItemIndex, *values: float, filter_: Filter | None = None, words: str = "", depth: int = 10
) -> list[Ranked]:
    return index.rank(
        Wanted(unit(*values, dimension=256), (Words(words),) if words else ()), filter_ or {}, depth
    )


def found(index: ItemIndex, *values: float, filter_: Filter | None = None, words: str = "") -> list[str]:
    return [entry.item_id for entry in ranked(index, *values, filter_=filter_, words=words)]


def browsed(index: ItemIndex, filter_: Filter, limit: int) -> list[str]:
    return [payload["item_id"] for payload in index.browse(filter_, limit)]


def test_ensure_makes_one_collection_and_names_it_after_the_model(
    index: ItemIndex, settings: Settings
) -> None:
    assert index.ensure() == index.ensure() == index.version() == f"{settings.index_alias}-compact-1"


def test_a_search_answers_each_item_once_by_its_best_picture(shop: ItemIndex) -> None:
    entries = ranked(shop, 1)
    assert [entry.item_id for entry in entries] == ["dress", "gown", "jeans", "belt"]
    assert entries[0].point_id == point_id("dress", 0)
    assert entries[0].score == entries[0].cosine == pytest.approx(1 / np.sqrt(1.01), abs=1e-5)
    assert ranked(shop, 0, 0, 1, depth=1)[0].point_id == point_id("dress", 1)


@pytest.mark.parametrize("words", ["", "red dress"])
def test_at_least_the_depth_is_answered_even_if_one_item_has_most_pictures(
    index: ItemIndex, words: str
) -> None:
    index.ensure()
    near = [unit(1, n / 1000, dimension=256) for n in range(16)]
    points = [p for n in range(30) for p in points_for({**ITEMS[0], "id": f"near-{n}"}, near)]
    index.upsert([*points, *points_for({**ITEMS[0], "id": "far"}, [unit(0, 1, dimension=256)])])
    entries = ranked(index, 1, words=words, depth=31)
    assert sorted(entry.item_id for entry in entries) == sorted([f"near-{n}" for n in range(30)] + ["far"])


@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        ({"category": AnyOf(("dresses",))}, {"dress", "gown"}),
        ({"category": AnyOf(("jeans", "belts"))}, {"jeans", "belt"}),
        ({"category": AnyOf(("dresses",), negated=True)}, {"jeans", "belt"}),
        ({"brand": AnyOf(("Acme",), negated=True)}, {"gown", "jeans"}),
        ({"price": Between(gte=50, lte=80)}, {"dress", "jeans"}),
        ({"price": Between(gt=50, lt=200)}, {"jeans"}),
        ({"in_stock": AnyOf((True,))}, {"dress", "jeans"}),
        ({"in_stock": AnyOf((True, False))}, {"dress", "jeans", "gown"}),
        ({"brand": AnyOf(("Acme",)), "price": Between(lte=60)}, {"dress"}),
        ({"category": AnyOf(("hats",))}, set()),
        ({"category": AnyOf(())}, set()),
        ({"category": AnyOf((), negated=True)}, {"dress", "gown", "jeans", "belt"}),
    ],
)
def test_filters_hold_in_search_browse_and_count(
    shop: ItemIndex, filter_: Filter, expected: set[str]
) -> None:
    assert set(found(shop, 1, filter_=filter_)) == expected
    assert set(found(shop, 1, filter_=filter_, words="red acme dress")) == expected
    assert set(browsed(shop, filter_, 10)) == expected
    assert shop.count(filter_) == len(expected)


def test_words_bring_up_the_item_that_they_name(shop: ItemIndex) -> None:
    assert found(shop, 1, 0.2)[0] in ("dress", "gown")
    assert found(shop, 1, 0.25, words="nuit evening gowns")[0] == "gown"


@pytest.mark.parametrize("words", ["!!!", "the", "zzzz qqqq"])
def test_words_that_no_title_has_leave_the_search_to_the_pictures(shop: ItemIndex, words: str) -> None:
    assert found(shop, 1, words=words)[0] == "dress"


def test_browsing_answers_the_newest_first(shop: ItemIndex) -> None:
    assert browsed(shop, {}, 3) == ["belt", "jeans", "gown"]


def test_an_item_is_read_by_its_primary_picture(shop: ItemIndex) -> None:
    payload = shop.get_item("dress")
    assert (payload["title"], payload["position"], len(payload["images"])) == ("Red summer dress", 0, 3)
    assert shop.item_vector("jeans") == pytest.approx(unit(0, 1, dimension=256), abs=1e-6)
    with pytest.raises(ItemNotFound, match="'hat'"):
        shop.get_item("hat")


def test_a_payload_is_replaced_and_the_vectors_stay(own_shop: ItemIndex) -> None:
    stored = own_shop.points_of(["jeans"])["jeans"][0]
    payload = {name: value for name, value in stored.payload.items() if name != "in_stock"}
    own_shop.overwrite_payloads({stored.id: {**payload, "price": 60.5}})
    assert own_shop.get_item("jeans")["price"] == 60.5
    assert "in_stock" not in own_shop.get_item("jeans")
    assert found(own_shop, 0, 1)[0] == "jeans"
    assert found(own_shop, 1, words="blue jeans")[0] == "jeans"


def test_deleted_points_are_gone(own_shop: ItemIndex) -> None:
    own_shop.delete_points([point.id for point in own_shop.points_of(["dress"])["dress"]])
    assert own_shop.points_of(["dress"]) == {}
    assert own_shop.count({}) == 3
    assert "dress" not in found(own_shop, 1)


def test_an_upsert_of_the_same_picture_does_not_duplicate(own_shop: ItemIndex) -> None:
    own_shop.upsert(points_for(ITEMS[2], [unit(0, 0, 0, 1, dimension=256)]))
    assert own_shop.count({}) == 4
    assert found(own_shop, 0, 0, 0, 1)[0] == "jeans"


def test_more_points_than_one_call_takes_are_all_written(index: ItemIndex) -> None:
    index.ensure()
    points = [
        point
        for n in range(300)
        for point in points_for({**ITEMS[2], "id": str(n)}, [unit(1, n, dimension=256)])
    ]
    index.upsert(points)
    assert index.count({}) == 300
    assert len(index.points_of([str(n) for n in range(64)])) == 64


class _OtherModel:
    """The same model with other weights."""

    def __init__(self, encoder: Encoder) -> None:
        self.name = encoder.name
        self.dimension = encoder.dimension
        self.fingerprint = "f" * 64


def test_another_model_is_refused_for_reads_and_writes(
    own_shop: ItemIndex, settings: Settings, encoder: Encoder
) -> None:
    client = connect(settings)
    other = ItemIndex(client, settings.qdrant_url, settings.index_alias, _OtherModel(encoder))  # type: ignore[arg-type]
    for call in (lambda: found(other, 1), lambda: other.ensure(), lambda: other.delete_points(["x"])):
        with pytest.raises(ModelMismatch, match="was built by the model 'compact'"):
            call()
    client.close()


def test_an_index_that_is_not_made_yet_says_so(index: ItemIndex) -> None:
    with pytest.raises(IndexEmpty, match="Nothing is indexed yet"):
        found(index, 1)


@pytest.fixture
def elsewhere(settings: Settings, encoder: Encoder) -> Iterator[Any]:
    """Makes an index at another address."""
    clients = []

    def make(url: str, timeout_s: int = 1) -> ItemIndex:
        clients.append(
            connect(settings.model_copy(update={"qdrant_url": url, "qdrant_timeout_s": timeout_s}))
        )
        return ItemIndex(clients[-1], url, settings.index_alias, encoder)

    yield make
    for client in clients:
        client.close()


def test_a_store_that_is_down_says_how_to_start_it(elsewhere: Any) -> None:
    with pytest.raises(IndexUnavailable, match=r"does not answer: start it with `python -m vectorstore`"):
        elsewhere(f"http://127.0.0.1:{free_port()}").count({})


def test_callers_of_a_store_that_hangs_time_out_side_by_side(elsewhere: Any) -> None:
    def fails(index: ItemIndex) -> float:
        with pytest.raises(IndexTimeout):
            index.count({})
        return time.monotonic() - started

    with silent() as url, ThreadPoolExecutor(6) as callers:
        index, started = elsewhere(url), time.monotonic()
        waits = list(callers.map(fails, [index] * 6))
    assert max(waits) < 4, "one second each, not one after another"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, IndexRefused), (403, IndexRefused), (400, IndexRefused), (404, IndexUnavailable),
        (408, IndexTimeout), (429, IndexUnavailable), (500, IndexUnavailable), (503, IndexUnavailable),
        (504, IndexTimeout), (507, IndexUnavailable),
    ],
)  # fmt: skip
def test_every_refusal_of_the_store_has_an_error_of_ours(
    elsewhere: Any, status: int, error: type[Exception]
) -> None:
    with answering(status) as url, pytest.raises(error) as raised:
        elsewhere(url).count({})
    assert type(raised.value) is error or status == 404


def test_a_search_goes_on_when_the_store_comes_back(
    settings: Settings, encoder: Encoder, tmp_path: Path, elsewhere: Any
) -> None:
    port = free_port()
    index = elsewhere(f"http://127.0.0.1:{port}", timeout_s=20)
    command = ("-m", "vectorstore", "--path", tmp_path / "store", "--port", port)
    with running(*command, log=tmp_path / "1.log") as process:
        wait_until_ready(f"http://127.0.0.1:{port}/readyz", process)
        index.ensure()
        index.upsert(points_for(ITEMS[2], [unit(0, 1, dimension=256)]))
    with pytest.raises(IndexUnavailable):
        found(index, 1)
    with running(*command, log=tmp_path / "2.log") as process:
        wait_until_ready(f"http://127.0.0.1:{port}/readyz", process)
        assert found(index, 1) == ["jeans"]
