"""`python -m ingest dead`: the pushed writes that failed for good, to be listed, retried or dropped."""

from collections.abc import Collection
from contextlib import closing
from datetime import UTC, datetime

import click

from catalog.settings import Settings
from catalog.writes.dead import DeadLetter, drop, letters
from catalog.writes.queue import WriteQueue


def dead_lines(
    settings: Settings, ids: Collection[str] | None, retry: bool = False, drop_: bool = False
) -> list[str]:
    """For a person. `ids`: None chooses all. Raises CatalogError, and a UsageError for an unknown id."""
    with closing(WriteQueue(settings)) as queue:
        found = letters(queue.parts.dead)
        if not (retry or drop_):
            return [_line(letter) for letter in found] or ["no dead letters"]
        chosen = found if ids is None else _chosen(found, ids)
        if not chosen:
            return ["no dead letters"]
        if drop_:
            drop(queue.parts.dead, [letter.id for letter in chosen])
            return [f"{len(chosen):,} dropped"]
        return [f"{len(chosen):,} queued again as ingest {queue.retry(chosen)}"]


def _chosen(found: list[DeadLetter], ids: Collection[str]) -> list[DeadLetter]:
    known = {letter.id: letter for letter in found}
    if unknown := [one for one in ids if one not in known]:
        raise click.UsageError(f"no dead letter has the id {unknown[0]!r}.")
    return [known[one] for one in dict.fromkeys(ids)]


def _line(letter: DeadLetter) -> str:
    when = datetime.fromtimestamp(letter.at, UTC).isoformat(timespec="seconds")
    operation = letter.entry.operation
    return f"{letter.id}  {when}  {operation.op} {operation.item_id!r}: {letter.detail} [{letter.code}]"
