"""The last runs of ingest, in a small file beside the locks, for `python -m ingest status`."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from catalog.settings import Settings
from ingest.fetch.locations import without_credentials
from ingest.report import Report

KEPT = 100


def record(settings: Settings, feeds: Sequence[str], began: datetime, outcome: Report | str) -> None:
    """Add a run that has ended: by its report, or by the error that ended it. The caller holds the lock."""
    run: dict[str, Any] = {
        "feeds": [without_credentials(feed) for feed in feeds],
        "began": began.isoformat(timespec="seconds"),
        "seconds": round((datetime.now(UTC) - began).total_seconds(), 1),
    }
    if isinstance(outcome, Report):
        run |= {"read": outcome.read, "items": dict(outcome.items), "problems": dict(outcome.problems)}
    else:
        run["error"] = outcome
    runs = [*last_runs(settings), run][-KEPT:]
    path = _path(settings)
    part = path.with_suffix(".part")
    part.write_bytes(b"".join(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in runs))
    os.replace(part, path)  # never half a file, however this ends


def history_of(settings: Settings) -> bytes:
    """All of it, for a backup."""
    try:
        return _path(settings).read_bytes()
    except FileNotFoundError:
        return b""


def put_back_history(settings: Settings, content: bytes) -> None:
    """From a backup, where there is none: what has run here since is worth more."""
    if content and not _path(settings).exists():
        _path(settings).write_bytes(content)


def last_runs(settings: Settings) -> list[dict[str, Any]]:
    """The runs that are kept, the last one last; a line that is damaged is left out."""
    try:
        lines = _path(settings).read_bytes().splitlines()
    except FileNotFoundError:
        return []
    return [run for run in map(_parsed, lines) if run is not None]


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        run = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return run if isinstance(run, dict) and isinstance(run.get("feeds"), list) and "began" in run else None


def _path(settings: Settings) -> Path:
    return settings.state_dir / f"runs-{settings.index_alias}.jsonl"
