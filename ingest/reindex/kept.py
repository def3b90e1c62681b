"""Collections that were replaced: how long they are kept, who drops them, and what a person is told."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from catalog.collection import connect
from catalog.errors import CatalogError
from catalog.settings import Settings
from catalog.version import Version
from catalog.versions import Versions
from ingest.reindex.errors import ReindexRefused
from ingest.turns import only_reindex

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

_log = logging.getLogger(__name__)


def duration(text: str) -> timedelta:
    """`7d`, `12h`, `30m`, `90s`, `2w` or `0`. Raises ValueError."""
    match = re.fullmatch(r"(\d{1,6})([smhdw])", text.strip())
    if text.strip() == "0":
        return timedelta()
    if match is None:
        raise ValueError(f"{text!r} should be a number and a unit, such as 7d, 12h or 30m, or 0")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def duration_text(time: timedelta) -> str:
    """For a person: `7 days`, `12:00:00`."""
    return f"{time.days} days" if time and time == timedelta(days=time.days) else str(time)


@contextmanager
def versions_of(settings: Settings) -> Iterator[Versions]:
    """Those of the settings' alias."""
    client = connect(settings)
    try:
        yield Versions(client, settings.qdrant_url, settings.index_alias)
    finally:
        client.close()


def drop_overdue(versions: Versions) -> list[str]:
    """Drop what was kept for as long as it should; its names. The caller holds the lock."""
    overdue = [version.name for version in versions.all() if version.is_overdue]
    for name in overdue:
        versions.drop(name)
        _log.info("dropped %s, which was kept long enough", name)
    return overdue


def tidy(settings: Settings) -> None:
    """What the worker does about it now and then; what is wrong can wait for the next time."""
    try:
        with only_reindex(settings, wait_s=0), versions_of(settings) as versions:
            drop_overdue(versions)
    except ReindexRefused:
        return
    except (CatalogError, OSError) as error:
        _log.warning("kept collections were not looked at: %s", error)


def drop(versions: Versions, name: str) -> None:
    """Drop a collection that is kept, or give up one that is being built. The caller holds the lock."""
    version = next((one for one in versions.all() if one.name == name), None)
    if version is None:
        raise ReindexRefused(f"{name}: there is no such collection of this index; see --status.")
    if version.state == "live":
        raise ReindexRefused(f"{name}: is live, so it is not dropped.")
    versions.drop(name)


def status_lines(versions: Versions) -> list[str]:
    """A line for each collection, for a person."""
    return [_line(version) for version in versions.all()] or ["nothing is indexed yet"]


def _line(version: Version) -> str:
    size_mb = version.pictures * version.dimension * 5 / 1e6  # float32, and int8 of the same
    about = {
        "building": f"since {version.built_since}",
        "kept": f"replaced {version.replaced_at}, kept until {version.kept_until}",
        "unused": "left over; the next reindex drops it",
    }.get(version.state, "")
    return (
        f"{version.name}: {version.state}, model {version.model} ({version.loaded_from or 'not recorded'}),"
        f" {version.pictures:,} pictures, vectors of {size_mb:,.1f} MB{', ' if about else ''}{about}"
    )
