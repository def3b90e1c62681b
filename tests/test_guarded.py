"""Guarded writes: none puts something in the place of what the writer has not seen."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from catalog import guarded
from catalog.index import ItemIndex
from catalog.items import parse_item
from catalog.points import Picture, Point, id_of, keywords_of, payload_of, stamped

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def point(title: str, sha: str = "a", minutes: int = 0, axis: int = 0) -> Point:
    item = parse_item({"id": "A", "title": title, "category": "things", "images": ["a.jpg"]})
    picture = Picture(0, "a.jpg", sha * 64)
    payload = stamped(payload_of(item, [picture], picture, "compact"), NOW + timedelta(minutes=minutes))
    vector = np.eye(256, dtype=np.float32)[axis]
    return Point(id_of(item, picture), vector, keywords_of(payload), payload)


@pytest.fixture
def filled(index: ItemIndex) -> ItemIndex:
    index.ensure()
    index.upsert([point("First")])
    return index


def held(index: ItemIndex) -> tuple[str, int]:
    """The title that is stored, and the axis of the vector."""
    return str(index.get_item("A")["title"]), int(index.item_vector("A").argmax())


def test_insert_adds_and_never_replaces(filled: ItemIndex) -> None:
    guarded.insert(filled.collection, [point("Second", axis=1)])
    assert held(filled) == ("First", 0)
    filled.delete_points([point("First").id])
    guarded.insert(filled.collection, [point("Second", axis=1)])
    assert held(filled) == ("Second", 1)


def test_replace_needs_the_moment_of_the_last_write(filled: ItemIndex) -> None:
    seen = str(point("First").payload["updated_at"])
    filled.upsert([point("Meanwhile", minutes=1)])
    guarded.replace(filled.collection, [(point("Late", minutes=2, axis=1), seen)])
    assert held(filled) == ("Meanwhile", 0)
    now = str(filled.get_item("A")["updated_at"])
    guarded.replace(filled.collection, [(point("In time", minutes=2, axis=1), now)])
    assert held(filled) == ("In time", 1)
    filled.delete_points([point("First").id])
    guarded.replace(filled.collection, [(point("Gone"), now)])
    assert filled.count({}) == 0, "what was deleted stays deleted"


def test_repay_needs_the_same_picture_and_the_moment_if_one_is_given(filled: ItemIndex) -> None:
    one = point("First").id
    guarded.repay(filled.collection, {one: point("Other picture", sha="b").payload})
    assert held(filled) == ("First", 0)
    guarded.repay(filled.collection, {one: point("Same picture", minutes=1).payload})
    assert held(filled) == ("Same picture", 0)
    seen = {one: str(point("First").payload["updated_at"])}
    guarded.repay(filled.collection, {one: point("Late", minutes=2).payload}, seen)
    assert held(filled) == ("Same picture", 0)


def test_pages_hold_every_point_once_or_those_of_late(filled: ItemIndex) -> None:
    others = [parse_item({"id": f"B{n}", "title": "B", "category": "b", "images": ["b"]}) for n in range(9)]
    picture = Picture(0, "b", "b" * 64)
    for n, item in enumerate(others):
        payload = stamped(payload_of(item, [picture], picture, "compact"), NOW + timedelta(hours=n + 1))
        filled.upsert([Point(id_of(item, picture), np.eye(256, dtype=np.float32)[n], "b", payload)])
    found = [one.item_id for page in guarded.pages(filled.collection, 4) for one in page]
    assert sorted(found) == ["A", *(f"B{n}" for n in range(9))]
    since = NOW + timedelta(hours=7)
    late = [one.item_id for page in guarded.pages(filled.collection, 4, since) for one in page]
    assert sorted(late) == ["B6", "B7", "B8"]
