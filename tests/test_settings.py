"""catalog/settings.py: read once, checked, and documented."""

import re
from pathlib import Path

import pytest

from catalog.errors import SettingInvalid
from catalog.settings import Settings, read_settings
from tests.processes import ROOT


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the checkout's .env, if there is one."""
    monkeypatch.chdir(tmp_path)


def documented_in(name: str, pattern: str) -> dict[str, str]:
    return dict(re.findall(pattern, (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))


def test_every_setting_stands_in_the_example_with_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    example = documented_in(".env.example", r"^([A-Z_]+)=(.*)$")
    assert set(example) == {name.upper() for name in Settings.model_fields}
    defaults = read_settings()
    for name, value in example.items():
        monkeypatch.setenv(name, value)
    # The example names the bundled model relative to the checkout.
    assert read_settings() == defaults.model_copy(update={"clip_model": "models/compact"})


def test_every_setting_stands_in_the_readme() -> None:
    table = documented_in("README.md", r"^\| `([A-Z_]+)` \|(.*)\|$")
    assert {name.upper() for name in Settings.model_fields} <= set(table)


def test_settings_come_from_a_dotenv_file_and_the_environment_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("INDEX_ALIAS=from-file\nINGEST_BATCH_ITEMS=32\n")
    monkeypatch.setenv("INGEST_BATCH_ITEMS", "16")
    settings = read_settings()
    assert (settings.index_alias, settings.ingest_batch_items) == ("from-file", 16)


def test_feeds_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDS", "a.csv, folder/b.jsonl,")
    assert read_settings().feeds == ("a.csv", "folder/b.jsonl")


def test_hosts_of_pictures_are_names_patterns_and_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = ("cdn.shop.example", "*.shop.example", "192.168.1.7", "fd00::7", "[::1]", "localhost")
    monkeypatch.setenv("IMAGE_PRIVATE_HOSTS", ", ".join(hosts))
    monkeypatch.setenv("IMAGE_PORTS", "8080, 8443")
    settings = read_settings()
    assert (settings.image_private_hosts, settings.image_ports) == (hosts, (8080, 8443))


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("QDRANT_URL", "localhost:6333"),
        ("INGEST_BATCH_ITEMS", "many"),
        ("LOG_LEVEL", "LOUD"),
        ("FEED_INTERVAL_S", "0"),
        ("IMAGE_HOSTS", "https://cdn.shop.example"),
        ("IMAGE_PRIVATE_HOSTS", "*"),
        ("IMAGE_PORTS", "8080,70000"),
    ],
)
def test_a_bad_value_names_its_variable(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingInvalid, match=rf"^{variable}(\.\d+)?: "):
        read_settings()


def test_the_key_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QDRANT_API_KEY", "s3cret")
    assert "s3cret" not in repr(read_settings())
