"""While the model is being changed, what a run writes goes to every collection that must not miss it."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from catalog.encoder import Encoder
from catalog.images import image_sha256
from catalog.index import ItemIndex
from catalog.known_encoders import KnownEncoders
from catalog.settings import Settings
from catalog.wanted import Wanted, Words
from ingest.feed_writer import opened_targets
from ingest.feeds.open_feed import open_feed
from ingest.pipeline import ingest
from ingest.run import RunOptions, run_feeds
from ingest.targets import Targets
from tests.reindex_shop import RunFeed, Shop, picture_of

pytest_plugins = ["tests.reindex_fixtures"]


@pytest.fixture(autouse=True)
def aliases_are_looked_up_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.versions.ALIAS_TRUSTED_S", 0.0)


@pytest.fixture
def copy(index: ItemIndex, stocked: Shop, second_encoder: Encoder, second_model: object) -> ItemIndex:
    """A collection of the second model that is announced, and empty still."""
    live = index.versions.live()
    assert live is not None
    name = index.versions.create(second_encoder, str(second_model), like=live.name)
    index.versions.announce(name)
    return index.at(name, second_encoder)


def assert_shows(copy: ItemIndex, encoder: Encoder, small_shop: Shop, item_id: str) -> None:
    fields, payload = small_shop.items[item_id], copy.get_item(item_id)
    content = (small_shop.folder / f"{fields['colour']}.jpg").read_bytes()
    assert (payload["price"], payload["image_sha256"]) == (fields["price"], image_sha256(content))
    assert payload["model"] == encoder.name
    (vector,) = encoder.encode_images([picture_of(fields["colour"])])
    assert float(copy.item_vector(item_id) @ vector) > 0.99


def held(copy: ItemIndex, ids: Sequence[str]) -> list[str]:
    return sorted(copy.points_of(ids))


def test_what_is_written_goes_to_the_copy_as_far_as_that_has_what_is_changed(
    stocked: Shop, copy: ItemIndex, index: ItemIndex, run_feed: RunFeed, second_encoder: Encoder
) -> None:
    stocked.put("A0", 10)
    stocked.put("B1", 11)
    stocked.items["A2"]["price"] = 7.0
    run_feed(stocked.feed())
    assert held(copy, [*stocked.items]) == ["A0", "B1"], "the rest is for the reindex to bring over"
    for item_id in ("A0", "B1"):
        assert_shows(copy, second_encoder, stocked, item_id)
        assert copy.get_item(item_id)["updated_at"] == index.get_item(item_id)["updated_at"]

    stocked.items["A0"]["price"] = 9.0  # payload alone
    run_feed(stocked.feed())
    assert_shows(copy, second_encoder, stocked, "A0")


def test_other_words_are_found_in_the_copy_too(
    stocked: Shop, copy: ItemIndex, settings: Settings, encoder: Encoder, run_feed: RunFeed
) -> None:
    stocked.put("A0", 10)
    run_feed(stocked.feed())
    path = stocked.folder / "feed.jsonl"
    path.write_bytes(path.read_bytes().replace(b"Thing A0", b"Wonder A0"))
    run_feed(str(path))
    assert copy.get_item("A0")["title"] == "Wonder A0"
    found = copy.rank(Wanted(None, (Words("wonder", 1.0),)), {}, 5)
    assert [one.item_id for one in found] == ["A0"]


def test_what_a_whole_feed_lacks_is_deleted_from_the_copy_too(
    stocked: Shop, copy: ItemIndex, settings: Settings, encoder: Encoder, run_feed: RunFeed
) -> None:
    stocked.put("B1", 11)
    run_feed(stocked.feed())
    assert held(copy, ["B1"]) == ["B1"]
    del stocked.items["B1"]
    options = RunOptions(delete_at_most=1.0)
    encoders = KnownEncoders(settings, encoder)
    (report,) = run_feeds([stocked.feed()], settings, lambda report: None, options, encoders)
    assert report.items["deleted"] == 1
    assert held(copy, ["B1"]) == []


def test_a_run_that_outlasts_the_switch_writes_to_the_new_collection_too(
    stocked: Shop, copy: ItemIndex, index: ItemIndex, settings: Settings, encoder: Encoder,
    second_encoder: Encoder,
) -> None:  # fmt: skip
    targets = Targets(index, KnownEncoders(settings, encoder))
    assert targets.useful_side_px() == max(encoder.useful_side_px, second_encoder.useful_side_px)
    index.versions.switch(str(copy.version_pinned), timedelta(days=1))
    stocked.put("B1", 11)
    ingest(open_feed(stocked.feed()), settings, encoder, index, targets=targets)
    assert_shows(index.at(None, second_encoder), second_encoder, stocked, "B1")
    assert targets.own.index.get_item("B1")["model"] == encoder.name, "where the run began"


def test_a_copy_that_is_given_up_stops_no_run(
    stocked: Shop, copy: ItemIndex, index: ItemIndex, settings: Settings, encoder: Encoder
) -> None:
    targets = Targets(index, KnownEncoders(settings, encoder))
    assert [one.index.version_pinned for one in targets.others()] == [copy.version_pinned]
    index.versions.drop(str(copy.version_pinned))
    stocked.put("B1", 11)
    report = ingest(open_feed(stocked.feed()), settings, encoder, index, targets=targets)
    assert report.ok and index.get_item("B1")["price"] == 1.0


def test_a_run_follows_a_model_that_went_live_just_before_it_began(
    stocked: Shop, copy: ItemIndex, index: ItemIndex, settings: Settings, encoder: Encoder,
    second_encoder: Encoder,
) -> None:  # fmt: skip
    opened = index.at(None, encoder)
    index.versions.switch(str(copy.version_pinned), timedelta(hours=1))
    own = opened_targets(settings, opened, KnownEncoders(settings, encoder)).own
    assert own.index.version_pinned == copy.version_pinned
    assert own.encoder.fingerprint == second_encoder.fingerprint
