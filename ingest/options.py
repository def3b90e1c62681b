"""Options that several commands of ingest share."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

import click

from ingest.absent import DELETE_AT_MOST
from ingest.feeds.columns import field_called
from ingest.feeds.kinds import KINDS
from ingest.run import SHARD_ITEMS, Engine

Command = Callable[..., Any]


def reading_options(command: Command) -> Command:
    """FEED… and how they are read."""
    decorators = [
        click.argument("feeds", metavar="FEED...", nargs=-1, required=True),
        click.option("--format", "kind", type=click.Choice(list(KINDS)), help="The kind, if it is not seen."),
        click.option(
            "--map", "columns", multiple=True, metavar="FIELD=COLUMN", callback=_columns,
            help="Take a field of the items from this column; may be repeated.",
        ),
    ]  # fmt: skip
    return _with(decorators, command)


def feed_options(command: Command) -> Command:
    """FEED…, how they are read, and what is done about rows that fail or are gone."""
    decorators = [
        reading_options,
        click.option(
            "--rejects", type=click.Path(dir_okay=False, path_type=Path),
            help="Write rows that fail here, to be mended and fed again.",
        ),
        click.option(
            "--delete-at-most", type=click.FloatRange(0, 1), default=DELETE_AT_MOST, show_default=True,
            help="Refuse to delete a larger share of the items.",
        ),
    ]  # fmt: skip
    return _with(decorators, command)


def engine_options(command: Command) -> Command:
    """What runs an ingest."""
    decorators = [
        click.option(
            "--engine", type=click.Choice(get_args(Engine)), default="local", show_default=True,
            help="What runs it: this program, or the machines of a Ray cluster (docs/ray.md).",
        ),
        click.option(
            "--workers", type=click.IntRange(1), metavar="N",
            help="With --engine ray: how many.  [default: one a GPU, or one a machine]",
        ),
        click.option(
            "--shard-items", type=click.IntRange(1), default=SHARD_ITEMS, show_default=True, metavar="N",
            help="With --engine ray: rows that are finished, or begun anew, together.",
        ),
    ]  # fmt: skip
    return _with(decorators, command)


def _with(decorators: Sequence[Callable[[Command], Command]], command: Command) -> Command:
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


def _columns(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for one in given:
        field, _, column = one.partition("=")
        if not column.strip():
            raise click.BadParameter(f"{one!r} should be FIELD=COLUMN.")
        try:
            columns[field_called(field)] = column.strip()
        except ValueError as error:
            raise click.BadParameter(f"{error}.") from error
    return columns
