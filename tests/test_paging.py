"""Cursors end to end: paging shows each item exactly once, also while other items are written."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from flask.testing import FlaskClient
from qdrant_client import QdrantClient, models

from catalog import collection, versions
from catalog.index import ItemIndex
from catalog.schema import PAYLOAD_INDEXES, collection_settings
from tests.assertions import assert_problem
from tests.boutique import Fields, catalogue, points_of, stock, vectors_of
from tests.service_doubles import ColourEncoder

pytest_plugins = ["tests.service_fixtures"]

SHOP = catalogue()
Ask = Callable[..., dict[str, Any]]
Body = dict[str, Any]


def asked(client: FlaskClient, body: Body) -> dict[str, Any]:
    """The answer to any kind of search: `item` asks for what is similar to it, `liked` recommends."""
    if "item" in body:
        rest = {name: value for name, value in body.items() if name != "item"}
        response = client.get(f"/v1/items/{body['item']}/similar?{urlencode(rest, doseq=True)}")
    else:
        response = client.post("/v1/recommend" if "liked" in body else "/v1/search", json=body)
    assert response.status_code == 200, response.json
    return dict(response.json)


def pages(client: FlaskClient, body: Body, limits: tuple[int, ...] = (17,)) -> Iterator[dict[str, Any]]:
    cursor, number = None, 0
    while number == 0 or cursor:
        sent = {**body, "limit": limits[number % len(limits)]} | ({"cursor": cursor} if cursor else {})
        yield (answer := asked(client, sent))
        cursor, number = answer["next_cursor"], number + 1
        assert number < 500, "paging has an end"


def shown_on(answer: dict[str, Any]) -> list[str]:
    """The ids of a page, those that were folded into others included."""
    return [name for item in answer["items"] for name in (item["id"], *item["duplicates"])]


def all_shown(client: FlaskClient, body: Body, limits: tuple[int, ...] = (17,)) -> list[str]:
    return [name for answer in pages(client, body, limits) for name in shown_on(answer)]


TEXT = {"query": [{"text": "red dress"}]}
SEARCHES: dict[str, Body] = {
    "browse": {},
    "browse a filter": {"filter": {"category": "dresses"}},
    "vector": {**TEXT, "mode": "vector"},
    "hybrid": TEXT,
    "hybrid with a negative text": {"query": [{"text": "red dress"}, {"text": "bag", "weight": -0.5}]},
    "a filtered hybrid": {**TEXT, "filter": {"in_stock": True}},
    "an item": {"query": [{"item_id": "item-003"}]},
    "keyword": {**TEXT, "mode": "keyword"},
    "min_score": {**TEXT, "mode": "vector", "min_score": 0.1},
    "diverse": {**TEXT, "mode": "vector", "diversity": 0.5},
    "diverse hybrid": {**TEXT, "diversity": 1.0},
    "folded": {**TEXT, "mode": "vector", "fold_duplicates": True},
    "folded and diverse": {**TEXT, "fold_duplicates": True, "diversity": 0.3},
    "folded keyword": {**TEXT, "mode": "keyword", "fold_duplicates": True},
    "similar": {"item": "item-003"},
    "similar in one category": {"item": "item-003", "category": ["bags"]},
    "recommend": {"liked": ["item-001", "item-004"], "disliked": ["item-002"]},
    "recommend away": {"liked": [], "disliked": ["item-002"]},
}  # fmt: skip


@pytest.mark.parametrize("name", SEARCHES)
def test_paging_to_the_end_shows_each_item_once(boutique: FlaskClient, name: str) -> None:
    body = SEARCHES[name]
    total = asked(boutique, {**body, "limit": 1})["total"]
    shown = all_shown(boutique, body)
    assert len(shown) == len(set(shown)) == total > 0


@pytest.mark.parametrize("name", ["browse", "vector", "hybrid", "keyword", "folded", "similar", "recommend"])
def test_the_limit_may_change_from_page_to_page(boutique: FlaskClient, name: str) -> None:
    body = SEARCHES[name]
    shown = all_shown(boutique, body, limits=(1, 40, 7, 100))
    assert sorted(shown) == sorted(all_shown(boutique, body, limits=(100,)))
    assert len(shown) == len(set(shown))


@pytest.mark.parametrize("name", ["browse", "vector", "hybrid", "keyword", "an item", "similar"])
def test_pages_one_after_another_are_the_order_of_one_long_page(boutique: FlaskClient, name: str) -> None:
    body = SEARCHES[name]
    assert all_shown(boutique, body, limits=(9,))[:100] == shown_on(asked(boutique, {**body, "limit": 100}))


def test_the_facets_may_change_from_page_to_page(boutique: FlaskClient) -> None:
    first = asked(boutique, {**TEXT, "limit": 5})
    second = asked(boutique, {**TEXT, "limit": 5, "cursor": first["next_cursor"], "facets": ["brand"]})
    assert second["facets"]["brand"] and not set(shown_on(first)) & set(shown_on(second))


def test_an_address_pages_too(boutique: FlaskClient) -> None:
    first = boutique.get("/v1/search?text=red&limit=4").json
    second = boutique.get(f"/v1/search?text=red&limit=4&cursor={first['next_cursor']}").json
    assert len(set(shown_on(first)) | set(shown_on(second))) == 8


# While items are written

STEADY = 60


@contextmanager
def writing(index: ItemIndex) -> Iterator[None]:
    """Meanwhile a thread inserts, changes and deletes items beside the first STEADY ones."""
    stop, failed = threading.Event(), list[BaseException]()

    def write() -> None:
        dice = np.random.default_rng(5)
        try:
            while not stop.is_set():
                number = int(dice.integers(STEADY, STEADY + 30))
                fields = {**SHOP[number], "id": f"other-{number}"}
                vector = dice.normal(size=ColourEncoder.dimension).astype(np.float32)
                vectors = [vector / np.linalg.norm(vector)] * len(fields["images"])
                points = points_of(fields, datetime.now(UTC), vectors)
                if dice.random() < 0.35:
                    index.delete_points([point.id for point in points])
                else:
                    index.upsert(points)
        except BaseException as error:
            failed.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        stop.set()
        writer.join()
    assert not failed, failed


def test_what_is_not_written_is_shown_once_while_other_items_are(
    market: tuple[FlaskClient, ItemIndex],
) -> None:
    client, index = market
    steady = SHOP[:STEADY]
    stock(index, steady)
    everyone = {str(item["id"]) for item in steady}
    with writing(index):
        for name, body in SEARCHES.items():
            counts = Counter(all_shown(client, body, limits=(7, 4)))
            named = {str(part["item_id"]) for part in body.get("query", []) if "item_id" in part}
            named |= {body["item"]} if "item" in body else set()
            named |= {*body.get("liked", []), *body.get("disliked", [])}
            if not any(key in body for key in ("filter", "category", "min_score")) and "keyword" not in name:
                assert everyone - set(counts) == named, name
            assert [item for item, count in counts.items() if item in everyone and count > 1] == [], name


def test_a_page_that_was_just_written_keeps_its_place_in_browsing(
    market: tuple[FlaskClient, ItemIndex],
) -> None:
    client, index = market
    stock(index, SHOP[:30])
    first = asked(client, {"limit": 10})
    unseen = [item for item in SHOP[:30] if str(item["id"]) not in shown_on(first)]
    index.upsert(points_of(unseen[0], datetime.now(UTC)))  # moves to the front, before the first page
    index.delete_points([point.id for point in points_of(SHOP[29], datetime.now(UTC))])  # was shown
    rest = [name for answer in pages_from(client, {}, first["next_cursor"]) for name in shown_on(answer)]
    assert sorted(rest) == sorted(str(item["id"]) for item in unseen[1:])


def pages_from(client: FlaskClient, body: Body, cursor: str | None) -> Iterator[dict[str, Any]]:
    while cursor:
        yield (answer := asked(client, {**body, "limit": 10, "cursor": cursor}))
        cursor = answer["next_cursor"]


# Cursors that do not fit


def cursor_of(client: FlaskClient, body: Body) -> str:
    return str(asked(client, {**body, "limit": 3})["next_cursor"])


@pytest.mark.parametrize(
    "other",
    [
        {}, {"query": [{"text": "red dres"}]}, {**TEXT, "mode": "keyword"}, {**TEXT, "diversity": 0.2},
        {**TEXT, "fold_duplicates": True}, {**TEXT, "min_score": 0.1}, {**TEXT, "filter": {"brand": "Acme"}},
        {"query": [{"text": "red dress", "weight": 2}, {"text": "bag"}]},
        {**TEXT, "include_query_items": True}, {**TEXT, "filter": {"attributes.size": "M"}},
        {**TEXT, "filter": {"price": {"gte": 0}}}, {**TEXT, "filter": {"brand": {"not": "x"}}},
    ],
)  # fmt: skip
def test_a_cursor_of_another_search_is_refused(boutique: FlaskClient, other: Body) -> None:
    response = boutique.post("/v1/search", json={**other, "cursor": cursor_of(boutique, TEXT)})
    assert "another search" in assert_problem(response, 422, "cursor_invalid")["detail"]


def test_a_cursor_of_another_item_or_kind_of_search_is_refused(boutique: FlaskClient) -> None:
    cursor = cursor_of(boutique, {"item": "item-003"})
    response = boutique.get(f"/v1/items/item-004/similar?cursor={cursor}")
    assert_problem(response, 422, "cursor_invalid")
    assert_problem(boutique.get(f"/v1/search?cursor={cursor}"), 422, "cursor_invalid")
    response = boutique.post("/v1/recommend", json={"liked": ["item-003"], "cursor": cursor})
    assert_problem(response, 422, "cursor_invalid")


def test_a_picture_is_part_of_what_a_cursor_belongs_to(boutique: FlaskClient) -> None:
    from tests.test_service_search import in_base64

    red, blue = ({"query": [{"image": in_base64(colour)}]} for colour in ("red", "blue"))
    cursor = cursor_of(boutique, red)
    assert asked(boutique, {**red, "cursor": cursor})["items"]
    assert_problem(boutique.post("/v1/search", json={**blue, "cursor": cursor}), 422, "cursor_invalid")


@pytest.mark.parametrize("garbled", ["x", "AAAA", "====", "ü", " ", "a b", "A" * 7_999, "../../etc/passwd"])
def test_what_is_no_cursor_is_refused(boutique: FlaskClient, garbled: str) -> None:
    response = boutique.post("/v1/search", json={**TEXT, "cursor": garbled})
    assert_problem(response, 422, "cursor_invalid")
    response = boutique.get("/v1/search", query_string={"text": "red dress", "cursor": garbled})
    assert_problem(response, 422, "cursor_invalid")


@pytest.mark.parametrize("cut", [1, 2, 3, 10, 40])
def test_a_truncated_cursor_is_refused(boutique: FlaskClient, cut: int) -> None:
    response = boutique.post("/v1/search", json={**TEXT, "cursor": cursor_of(boutique, TEXT)[:-cut]})
    assert_problem(response, 422, "cursor_invalid")


def test_a_cursor_of_another_index_version_says_so(
    market: tuple[FlaskClient, ItemIndex], store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (collection, versions):
        monkeypatch.setattr(module, "ALIAS_TRUSTED_S", 0.0)
    client, index = market
    stock(index, SHOP[:10])
    cursors = {"/v1/search": cursor_of(client, {}), "/v1/search?text=red": ""}
    cursors["/v1/search?text=red"] = str(client.get("/v1/search?text=red&limit=3").json["next_cursor"])
    old = index.version()
    alias = old.removesuffix("-colours-1")
    new = f"{alias}-colours-2"
    admin = QdrantClient(url=store_url, timeout=30, check_compatibility=False)
    encoder = ColourEncoder()
    admin.create_collection(new, **collection_settings(encoder.dimension, encoder.name, encoder.fingerprint))
    for field, schema in PAYLOAD_INDEXES.items():
        admin.create_payload_index(new, field, field_schema=schema, wait=True)
    move = models.CreateAlias(collection_name=new, alias_name=alias)
    admin.update_collection_aliases([models.CreateAliasOperation(create_alias=move)])
    stock(index, SHOP[:10])
    for path, cursor in cursors.items():
        joint = "&" if "?" in path else "?"
        problem = assert_problem(client.get(f"{path}{joint}cursor={cursor}"), 410, "cursor_expired")
        assert old in problem["detail"] and new in problem["detail"]
    admin.delete_collection(old)
    admin.close()


def test_a_ranked_search_ends_at_a_thousand_items_and_browsing_does_not(
    market: tuple[FlaskClient, ItemIndex],
) -> None:
    client, index = market
    items: list[Fields] = [
        {"id": f"item-{n}", "title": "Red dress", "category": "dresses", "images": ["a.jpg"]}
        for n in range(1_100)
    ]
    stock(index, items)
    for body in ({}, {**TEXT, "mode": "vector"}, TEXT, {**TEXT, "mode": "keyword"}, {"item": "item-3"}):
        answers = list(pages(client, body, limits=(100,)))
        shown = [name for answer in answers for name in shown_on(answer)]
        assert len(shown) == len(set(shown)) == (1_100 if body == {} else 1_000)
        named = 1 if "item" in body else 0
        exact = (1_100 - named, "exact")
        cut = (1_000, "at_least")
        expected = cut if body.get("mode") == "keyword" else exact
        assert {(answer["total"], answer["total_is"]) for answer in answers} == {expected}


ODD_IDS = [
    "𝕏" * 256,
    "a" * 256,
    "é",
    "e\u0301",
    "a b",
    "A/1//50% ü?#",
    "..",
    '"',
    "\\",
    "<b>",
    "0",
    "null",
    "٣",
]


def test_items_may_have_any_id(market: tuple[FlaskClient, ItemIndex]) -> None:
    client, index = market
    items: list[Fields] = [
        {"id": item_id, "title": "Red dress", "category": "dresses", "images": ["a.jpg"]}
        for item_id in ODD_IDS
    ]
    index.upsert([
        point
        for number, item in enumerate(items)
        for point in points_of(item, datetime.now(UTC), vectors_of({**item, "id": f"item-{number}"}))
    ])  # fmt: skip
    for body in ({}, TEXT, {**TEXT, "mode": "keyword"}, {**TEXT, "diversity": 0.5, "fold_duplicates": True}):
        assert sorted(all_shown(client, body, limits=(3,))) == sorted(ODD_IDS)
    for item_id in ODD_IDS:
        assert shown_on(asked(client, {"filter": {"id": item_id}})) == [item_id]
        assert item_id not in all_shown(client, {"liked": [item_id]})
        assert item_id not in shown_on(asked(client, {"query": [{"item_id": item_id}]}))
        assert len(shown_on(asked(client, {"filter": {"id": {"not": [item_id]}}}))) == len(ODD_IDS) - 1


def test_an_empty_shop_answers_empty_pages(market: tuple[FlaskClient, ItemIndex]) -> None:
    client, _ = market
    facets = ["category", "in_stock", "price"]
    modes = [{**TEXT, "mode": mode} for mode in ("vector", "keyword", "hybrid")]
    for body in ({}, *modes, {**TEXT, "min_score": 0.1}, {**TEXT, "diversity": 0.5, "fold_duplicates": True}):
        answer = asked(client, {**body, "facets": facets})
        assert (answer["items"], answer["total"], answer["next_cursor"]) == ([], 0, None)
        assert answer["facets"] == {
            "category": [], "in_stock": [], "price": {"min": None, "max": None, "histogram": []},
        }  # fmt: skip
    stats = client.get("/v1/stats").json
    assert (stats["items"], stats["pictures"], stats["attributes"], stats["updated_at"]) == (0, 0, [], None)
