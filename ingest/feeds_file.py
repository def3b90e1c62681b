"""The feeds that the worker keeps the index up to: those in FEEDS, and with options those in FEEDS_FILE."""

import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from catalog.errors import SettingInvalid
from catalog.settings import Settings
from ingest.absent import DELETE_AT_MOST
from ingest.feeds.columns import field_called
from ingest.feeds.kinds import KINDS
from ingest.run import RunOptions
from ingest.watch import Watched


class FeedEntry(BaseModel):
    """What `[[feed]]` may say: `python -m ingest run` with these feeds and options."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    feeds: Annotated[tuple[str, ...], Field(min_length=1, alias="from")]
    kind: str | None = Field(None, alias="format")
    columns: dict[str, str] = Field(default_factory=dict, alias="map")
    full: bool = False
    delete_at_most: float = Field(DELETE_AT_MOST, ge=0, le=1)
    rejects: Path | None = None

    @field_validator("feeds", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("kind")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None and value not in KINDS:
            raise ValueError(f"{value!r} is none of {', '.join(KINDS)}")
        return value

    @field_validator("columns")
    @classmethod
    def _fields(cls, value: dict[str, str]) -> dict[str, str]:
        return {field_called(name): column for name, column in value.items()}

    def watched(self) -> Watched:
        at_most = self.delete_at_most if self.full else None
        return Watched(self.feeds, RunOptions(self.kind, self.columns, self.rejects, at_most, resume=True))


def watched_feeds(settings: Settings) -> list[Watched]:
    """Raises SettingInvalid, which names the entry and what it should be."""
    plain = [Watched([location], RunOptions(resume=True)) for location in settings.feeds]
    entries = read_feeds_file(settings.feeds_file) if settings.feeds_file else []
    if any(entry.full for entry in entries) and len(entries) + len(plain) > 1:
        raise SettingInvalid(
            "FEEDS_FILE: an entry with `full` is the whole catalogue, so it must be the only one, and FEEDS"
            " empty; name all feeds in its `from`."
        )
    return [*plain, *(entry.watched() for entry in entries)]


def read_feeds_file(path: Path) -> list[FeedEntry]:
    """The entries of a file in TOML. Raises SettingInvalid."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingInvalid(f"FEEDS_FILE: {path} cannot be read ({error.strerror}).") from error
    except ValueError as error:  # no TOML, or not UTF-8
        raise SettingInvalid(f"FEEDS_FILE: {path} is not TOML: {error}.") from error
    entries = content.get("feed")
    if set(content) != {"feed"} or not isinstance(entries, list):
        raise SettingInvalid(f"FEEDS_FILE: {path} should hold nothing but tables [[feed]].")
    return [_entry(path, number, entry) for number, entry in enumerate(entries, start=1)]


def _entry(path: Path, number: int, given: Any) -> FeedEntry:
    try:
        return FeedEntry.model_validate(given)
    except ValidationError as error:
        wrong = [
            f"{'.'.join(map(str, e['loc']))}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors()
        ]
        raise SettingInvalid(f"FEEDS_FILE: {path}, feed {number}: {'; '.join(wrong)}.") from error
