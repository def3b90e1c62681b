"""Searches by words: exact names win, forms of a word are one, and an answer says which words it found."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from qdrant_client.http.models import Document

from catalog.attributes import readings
from catalog.collection import connect
from catalog.index import ItemIndex
from catalog.points import keywords_of
from catalog.words import words_found, words_of
from service.app import create_app
from tests.boutique import points_of
from tests.service_doubles import ColourEncoder, plain
from tests.service_shop import settings_for
from vectorstore.shard.keywords import MODEL, embed_query

pytest_plugins = ["tests.service_fixtures"]

# id, title, brand, category, colour of the picture, codes
ROWS: list[tuple[str, str, str | None, str, str, dict[str, Any]]] = [
    ("a", "Red silk dress with flowers", "Acme", "dresses", "red", {}),
    ("b", "Red evening gown", "Nuit", "dresses", "red", {}),
    ("c", "Blue wide-leg jeans", "Bolt", "jeans", "blue", {"sku": "BJ-4711-X"}),
    ("d", "Black leather bag", None, "bags", "black", {"ean": "4006381333931"}),
    ("ART-90210", "Green linen shirt", "Bolt", "shirts", "green", {"mpn": 771133}),
    ("f", "Yellow raincoat", "Ähre & Söhne", "coats", "yellow", {}),
    ("g", "Pink party dresses", "Bolt", "dresses", "pink", {}),
    ("7", "White sneakers", "Acme", "shoes", "white", {"colour_code": "7"}),
    ("i", "Grey scarf size 7", "Nuit", "scarves", "grey", {"material": "cashmere"}),
]


@pytest.fixture(scope="module")
def words(store_url: str, colours: ColourEncoder) -> Iterator[FlaskClient]:
    client = connect(settings_for(store_url, qdrant_timeout_s=30))
    index = ItemIndex(client, store_url, "words", colours)
    index.ensure()
    points = []
    for number, (item_id, title, brand, category, colour, attributes) in enumerate(ROWS):
        fields = {"id": item_id, "title": title, "brand": brand, "category": category,
                  "attributes": attributes, "images": ["x.png"]}  # fmt: skip
        moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)
        points += points_of(fields, moment, list(colours.encode_images([plain(colour)])))
    index.upsert(points)
    yield create_app(settings_for(store_url), colours, index).test_client()
    client.close()


def found(client: FlaskClient, text: str, **body: Any) -> list[dict[str, Any]]:
    response = client.post("/v1/search", json={"query": [{"text": text}], **body})
    assert response.status_code == 200, response.json
    return list(response.json["items"])


def ids(items: list[dict[str, Any]]) -> list[str]:
    return [item["id"] for item in items]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dress", {"a", "b", "g"}), ("dresses", {"a", "b", "g"}), ("DRESSES!", {"a", "b", "g"}),
        ("a dress for me", {"a", "b", "g"}), ("flower", {"a"}), ("gowns", {"b"}), ("acme", {"a", "7"}),
        ("bj-4711-x", {"c"}), ("4006381333931", {"d"}), ("771133", {"ART-90210"}),
        ("ART-90210", {"ART-90210"}), ("art 90210", {"ART-90210"}), ("7", {"i"}),
        ("Ähre", {"f"}), ("cashmere", set()), ("washing machine", set()), ("the", set()), ("!!!", set()),
        ("silk raincoat", {"a", "f"}),
    ],
)  # fmt: skip
def test_keyword_mode_finds_just_the_items_with_one_of_the_words(
    words: FlaskClient, text: str, expected: set[str]
) -> None:
    response = words.post("/v1/search", json={"query": [{"text": text}], "mode": "keyword"})
    items = response.json["items"]
    assert set(ids(items)) == expected
    assert (response.json["total"], response.json["total_is"]) == (len(expected), "exact")
    assert all(item["why"]["vector"] is None and item["why"]["keywords"] for item in items)


@pytest.mark.parametrize(
    ("text", "first"),
    [("nuit red", "b"), ("red gown", "b"), ("bj-4711-x", "c"), ("red 4006381333931", "d"),
     ("red ART-90210", "ART-90210"), ("red raincoats", "f"), ("red scarf", "i"), ("blue silk dress", "a")],
)  # fmt: skip
def test_exact_words_win_over_the_looks(words: FlaskClient, text: str, first: str) -> None:
    assert ids(found(words, text))[0] == first
    items = found(words, text)
    assert [item["score"] for item in items] == sorted((item["score"] for item in items), reverse=True)
    assert items[0]["score"] <= 1


def test_exact_words_win_among_items_that_all_look_wrong(words: FlaskClient) -> None:
    others = {"category": ["bags", "coats", "jeans", "scarves"]}
    assert ids(found(words, "red scarf", filter=others))[0] == "i"
    assert ids(found(words, "red bolt", filter=others))[0] == "c"


def test_words_that_no_item_has_leave_the_order_to_the_pictures(words: FlaskClient) -> None:
    by_picture = found(words, "grey zebra", mode="vector")
    assert ids(found(words, "grey zebra")) == ids(by_picture)


def test_why_tells_the_cosine_and_the_words(words: FlaskClient) -> None:
    why = {item["id"]: item["why"] for item in found(words, "Red dresses from Acme")}
    assert why["a"]["keywords"] == ["red", "dresses", "acme"]
    assert why["g"]["keywords"] == ["dresses"]
    assert why["d"]["keywords"] == []
    cosines = {item["id"]: item["score"] for item in found(words, "Red dresses from Acme", mode="vector")}
    assert {name: each["vector"] for name, each in why.items()} == pytest.approx(cosines, abs=1e-5)


def test_a_search_by_pictures_alone_names_no_words(words: FlaskClient) -> None:
    for item in found(words, "red dress", mode="vector"):
        assert item["why"] == {"vector": pytest.approx(item["score"]), "keywords": []}


def test_a_negative_text_puts_what_it_names_behind(words: FlaskClient) -> None:
    query = [{"text": "red dress"}, {"text": "silk flowers", "weight": -1}]
    items = words.post("/v1/search", json={"query": query}).json["items"]
    assert ids(items).index("b") < ids(items).index("a")
    assert ids(found(words, "red dress"))[:2] == ["a", "b"]


def test_a_query_of_nothing_but_unwanted_words_puts_them_last(words: FlaskClient) -> None:
    items = words.post("/v1/search", json={"query": [{"text": "dress", "weight": -1}]}).json["items"]
    assert len(items) == len(ROWS)
    assert set(ids(items)[-3:]) == {"a", "b", "g"}


def test_a_mode_decides_whether_words_count(words: FlaskClient) -> None:
    assert ids(found(words, "red bolt", mode="vector"))[0] in ("a", "b")
    assert ids(found(words, "red bolt", mode="hybrid")) == ids(found(words, "red bolt"))
    without_text = words.post("/v1/search", json={"query": [{"item_id": "a"}], "mode": "hybrid"}).json
    assert ids(without_text["items"])[0] == "b"


def test_several_texts_are_looked_for_together(words: FlaskClient) -> None:
    body = {"query": [{"text": "silk"}, {"text": "raincoat"}], "mode": "keyword"}
    assert set(ids(words.post("/v1/search", json=body).json["items"])) == {"a", "f"}


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"item_id": "x", "title": "Dress", "category": "dresses"}, "Dress dresses"),
        ({"item_id": "12345", "title": "T", "category": "c"}, "T c 12345"),
        ({"item_id": "1234", "title": "T", "category": "c"}, "T c"),
        ({"item_id": "abcdef", "title": "T", "category": "c"}, "T c"),
        ({"item_id": "1" * 65, "title": "T", "category": "c"}, "T c"),
        ({"item_id": "x", "title": "T", "brand": "B", "category": "c", **readings({"sku": 5, "size": "L"})},
         "T B c 5"),
        ({"item_id": "x", "title": "T", "category": "c", **readings({"gtin": 4006.0, "ean": ["1", "2"]})},
         "T c 4006 1 2"),
    ],
)  # fmt: skip
def test_the_text_for_keyword_search_is_title_brand_category_and_codes(
    payload: dict[str, Any], expected: str
) -> None:
    assert keywords_of(payload) == expected


def engine_words(text: str) -> set[int]:
    return set(embed_query(Document(text=text, model=MODEL)).indices)


@pytest.mark.parametrize(
    "text",
    ["BJ_4711 t-shirt", "men's shirts, size M", "wide-leg 3/4 sleeves", "a very nice one for you and only",
     "l'été naïve café Größe", "dress DRESSES dressing", "50% off! now", "I would not like these", "_", "x²"],
)  # fmt: skip
def test_words_are_those_that_the_engine_searches_for(text: str) -> None:
    assert all(len(engine_words(word)) == 1 for word in words_of(text))
    assert {found for word in words_of(text) for found in engine_words(word)} == engine_words(text)


def test_words_are_found_by_their_stems_each_once() -> None:
    asked = words_of("The Dresses and dresses, DRESS jeans größe")
    assert asked == ["dresses", "dress", "jeans", "größe"]
    assert words_found(asked, "A summer dress in Größe 38") == ["dresses", "dress", "größe"]
