"""Notes the name of what a restore loads, so that one that is killed leaves nothing in the store for long."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import orjson

from catalog.errors import CatalogError
from catalog.settings import Settings
from catalog.versions import Versions

_log = logging.getLogger(__name__)


@contextmanager
def noted(settings: Settings, versions: Versions, name: str) -> Iterator[None]:
    """Note the name of what is loaded: a restore that ends badly, or is killed, leaves nothing for long."""
    note = _note(settings)
    note.write_bytes(orjson.dumps({"collection": name}))
    try:
        yield
    except BaseException:
        with suppress(CatalogError):  # else the next restore does it
            drop_leftover(settings, versions)
        raise
    note.unlink()


def drop_leftover(settings: Settings, versions: Versions) -> None:
    """Drop what a restore that was ended has loaded, unless it got as far as the alias."""
    try:
        name = orjson.loads(_note(settings).read_bytes())["collection"]
    except (FileNotFoundError, orjson.JSONDecodeError):
        return
    if name != versions.roles(now=True).live:
        versions.drop(name)
        _log.info("dropped %s, which an interrupted restore has left", name)
    _note(settings).unlink()


def _note(settings: Settings) -> Path:
    return settings.state_dir / f"restore-{settings.index_alias}.json"
