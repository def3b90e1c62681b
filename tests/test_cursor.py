"""A cursor as a text: what it holds comes back, and nothing else is taken for one."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.cursor import Cursor, fingerprint, start_of
from service.errors import CursorExpired, CursorInvalid
from service.fields import MAX_CURSOR_CHARS

SEARCH = fingerprint(b"a search")
VERSION = "items-compact-3"
IDS = st.lists(st.text(min_size=1, max_size=256), max_size=30, unique=True)


@given(IDS, st.sampled_from(["", "2026-01-01T00:00:00.000+00:00"]))
def test_a_cursor_knows_what_was_shown(shown: list[str], stamp: str) -> None:
    sent = Cursor(SEARCH, VERSION, updated_at=stamp).after(shown).to_text()
    cursor = start_of(sent, SEARCH, VERSION)
    assert all(cursor.has_seen(item_id) for item_id in shown)
    assert cursor.updated_at == stamp
    assert not cursor.has_seen("never shown \x00")


def test_a_cursor_of_the_deepest_page_is_not_too_long_to_send() -> None:
    shown = ["é" * 256 + str(number) for number in range(1_000)]
    assert len(Cursor(SEARCH, "v" * 255).after(shown).to_text()) <= MAX_CURSOR_CHARS


def test_a_browsing_cursor_forgets_what_is_of_another_moment() -> None:
    old, new = "2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00"
    cursor = Cursor(SEARCH, VERSION).after_browsing([("a", new), ("b", old)]).after_browsing([("c", old)])
    assert (cursor.updated_at, len(cursor.seen)) == (old, 2)
    assert [cursor.has_seen(item_id) for item_id in "abc"] == [False, True, True]


@given(st.text(max_size=80) | st.binary(max_size=80).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_anything_else_is_no_cursor(sent: str) -> None:
    with pytest.raises(CursorInvalid):
        start_of(sent, SEARCH, VERSION)


@given(st.data())
def test_a_cursor_that_was_cut_or_changed_is_refused_or_still_one(data: st.DataObject) -> None:
    whole = Cursor(SEARCH, VERSION, updated_at="2026-01-01").after(["a", "b"]).to_text()
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = data.draw(
        st.sampled_from([whole[:place], whole[:place] + "A" + whole[place + 1 :], whole + "A"])
    )
    try:
        start_of(changed, SEARCH, VERSION)
    except (CursorInvalid, CursorExpired):
        pass


def test_another_search_and_another_version_are_told_apart() -> None:
    sent = Cursor(SEARCH, VERSION).after(["a"]).to_text()
    with pytest.raises(CursorInvalid, match="another search"):
        start_of(sent, fingerprint(b"another"), VERSION)
    with pytest.raises(CursorExpired, match="items-compact-3, which items-compact-4 has replaced"):
        start_of(sent, SEARCH, "items-compact-4")
