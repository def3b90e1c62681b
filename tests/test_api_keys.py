"""catalog/api_keys.py and catalog/loopback.py: keys and what they may do, and which addresses are ours."""

import pytest

from catalog.api_keys import matching, parse_api_keys
from catalog.errors import SettingInvalid
from catalog.loopback import on_loopback
from catalog.settings import read_settings

SEARCH, WRITE, ADMIN = "search-key-0123456789", "write-key-0123456789=", "admin.key_0123~45+67/89"


def test_a_key_may_do_what_its_list_says_and_admin_everything() -> None:
    keys = parse_api_keys(f"search:{SEARCH}, search+write:{WRITE},admin:{ADMIN},")
    allowed = [[scope for scope in ("search", "write", "admin") if key.allows(scope)] for key in keys]
    assert allowed == [["search"], ["search", "write"], ["search", "write", "admin"]]
    assert not parse_api_keys(f"write:{WRITE}")[0].allows("search")


def test_a_sent_key_matches_itself_alone() -> None:
    keys = parse_api_keys(f"search:{SEARCH},admin:{ADMIN}")
    assert [matching(keys, SEARCH), matching(keys, ADMIN)] == list(keys)
    for wrong in ("", SEARCH[:-1], SEARCH + "0", SEARCH.upper(), f"search:{SEARCH}", "ü" * 20):
        assert matching(keys, wrong) is None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (SEARCH, "part 1 should be SCOPE:KEY"),
        (f"read:{SEARCH}", "scopes are search, write, admin"),
        (f"search+:{SEARCH}", "part 1 should be"),
        (f":{SEARCH}", "part 1 should be"),
        (f"search:{SEARCH},write:{'x' * 15}", "part 2 has less than 16 characters"),
        (f"search:{'secret' * 5}!", "may hold letters, digits"),
        (f"search:{SEARCH},write:{SEARCH}", "given twice"),
    ],
)
def test_a_malformed_list_is_refused_without_showing_a_key(
    value: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_KEYS", value)
    with pytest.raises(SettingInvalid, match="^API_KEYS: ") as raised:
        read_settings()
    assert message in str(raised.value)
    for text in (str(raised.value), str(raised.value.__cause__)):
        assert SEARCH not in text and "secret" not in text


def test_the_settings_hold_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEYS", f"search:{SEARCH}")
    settings = read_settings()
    assert len(settings.api_keys) == 1
    assert SEARCH not in f"{settings!r} {settings.api_keys!r}" and "api_keys" not in repr(settings)


@pytest.mark.parametrize(
    ("address", "ours"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", False),  # noqa: S104 - every address of the machine, others' way in
        ("::", False),
        ("192.168.0.7", False),
        ("::ffff:10.0.0.1", False),
        ("/run/vitrine.sock", False),
        ("", False),
        (None, False),
    ],
)
def test_only_loopback_is_this_machine_alone(address: str | None, ours: bool) -> None:
    assert on_loopback(address) is ours
