"""Runs of ingest, kept in small files of STATE_DIR: how the last ones ended, and what the present one does.

Ingest writes them (ingest/history.py), `python -m ingest status` and the operator's page read them.
"""

import os
from pathlib import Path
from typing import TypeVar

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from catalog.settings import Settings

KEPT = 100


class Reason(BaseModel):
    """Why something of a feed could not be taken. `place`: where it stands, for a person."""

    model_config = ConfigDict(frozen=True)

    place: str
    code: str
    reason: str


class Rejects(BaseModel):
    """The file that a run put into it what it could not take."""

    model_config = ConfigDict(frozen=True)

    file: str
    rows: int


class Run(BaseModel):
    """A run over feeds. `items`: by outcome. `problems`: by code; `reasons`: the first of them.

    `error`: what ended a run that did not get to its end; the counts then say nothing.
    """

    model_config = ConfigDict(frozen=True)

    feeds: tuple[str, ...]
    began: AwareDatetime
    seconds: float = 0.0
    read: int = 0
    items: dict[str, int] = {}
    problems: dict[str, int] = {}
    reasons: tuple[Reason, ...] = ()
    rejects: Rejects | None = None
    error: str | None = None


class Reindexing(BaseModel):
    """A reindex under way: the collection that it fills."""

    model_config = ConfigDict(frozen=True)

    collection: str
    model: str
    began: AwareDatetime


Kept = TypeVar("Kept", Run, Reindexing)


def add_run(settings: Settings, run: Run) -> None:
    """Keep a run that has ended. The caller holds the ingests' lock."""
    runs = [*last_runs(settings), run][-KEPT:]
    replace(_path(settings), b"".join(line_of(one) for one in runs))


def last_runs(settings: Settings) -> list[Run]:
    """The runs that are kept, the last one last; a line that is damaged is left out."""
    try:
        lines = _path(settings).read_bytes().splitlines()
    except FileNotFoundError:
        return []
    return [run for run in (parsed(Run, line) for line in lines) if run is not None]


def parsed(kind: type[Kept], line: bytes) -> Kept | None:
    """None for what is damaged."""
    try:
        return kind.model_validate_json(line)
    except ValidationError:
        return None


def line_of(kept: Run | Reindexing) -> bytes:
    return orjson.dumps(kept.model_dump(mode="json", exclude_defaults=True), option=orjson.OPT_APPEND_NEWLINE)


def replace(path: Path, content: bytes) -> None:
    """Never half a file, however this ends."""
    part = path.with_suffix(".part")
    part.write_bytes(content)
    os.replace(part, path)


def _path(settings: Settings) -> Path:
    return settings.state_dir / f"runs-{settings.index_alias}.jsonl"
