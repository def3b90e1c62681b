"""The last look before the switch, while a shop goes on writing to what is looked at."""

from collections.abc import Callable
from typing import Any

import pytest

from catalog.index import ItemIndex
from ingest.reindex.errors import ReindexRefused
from ingest.reindex.tally import Tally
from ingest.reindex.verify import verified
from tests.reindex_shop import RunFeed, Shop

pytest_plugins = ["tests.reindex_fixtures"]


def after(index: ItemIndex, write: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Have `write()` called once, between the look at a vector and the search for it."""
    rank, written = index.rank, []

    def write_and_rank(*asked: Any) -> Any:
        if not written:
            written.append(True)
            write()
        return rank(*asked)

    monkeypatch.setattr(index, "rank", write_and_rank)


def first_of(index: ItemIndex) -> str:
    """The id of the item that is looked at first."""
    return min(index.points(), key=lambda point: point.id).item_id


def test_an_item_that_is_deleted_meanwhile_refuses_nothing(
    stocked: Shop, index: ItemIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    item_id = first_of(index)
    points = [point.id for point in index.points_of([item_id])[item_id]]
    after(index, lambda: index.delete_points(points), monkeypatch)
    assert "of 4 pictures" in verified(index, index, Tally())[-1]
    assert not index.points_of([item_id]), "else it was not deleted meanwhile"


def test_an_item_that_gets_another_picture_meanwhile_refuses_nothing(
    stocked: Shop, run_feed: RunFeed, index: ItemIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    item_id = first_of(index)

    def change() -> None:
        stocked.put(item_id, 30)  # less like the picture before than another item's is
        run_feed(stocked.feed("changes.jsonl", [item_id]))

    after(index, change, monkeypatch)
    assert "of 4 pictures" in verified(index, index, Tally())[-1]


def test_a_copy_that_finds_something_else_is_refused(
    stocked: Shop, index: ItemIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    rank, item_id = index.rank, first_of(index)
    monkeypatch.setattr(
        index, "rank", lambda *asked: [one for one in rank(*asked[:2], 4) if one.item_id != item_id]
    )
    with pytest.raises(ReindexRefused, match=f"1 of 4 pictures do not find themselves.*'{item_id}'"):
        verified(index, index, Tally())
