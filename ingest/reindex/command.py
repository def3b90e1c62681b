"""`python -m ingest reindex`: changes the model, goes back, and says what there is."""

from datetime import timedelta
from typing import Any

import click

from catalog.confidence import cutoffs_for
from catalog.errors import SettingInvalid
from ingest.commands.begin import begun
from ingest.reindex.kept import drop, duration, status_lines, versions_of
from ingest.reindex.reindex import ReindexOptions, reindex, roll_back
from ingest.turns import only_reindex


def _keep(context: click.Context, parameter: click.Parameter, given: str) -> timedelta:
    try:
        return duration(given)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from error


def _cutoffs(context: click.Context, parameter: click.Parameter, given: str) -> str:
    try:
        cutoffs_for("", given)
    except SettingInvalid as error:
        raise click.BadParameter(str(error)) from error
    return given


@click.command("reindex")
@click.option("--model", metavar="MODEL", help="The new CLIP_MODEL: a folder or a name.")
@click.option("--roll-back", "back", is_flag=True, help="Go back to the collection that was replaced last.")
@click.option("--status", is_flag=True, help="Say which collections there are, and what they are for.")
@click.option(
    "--drop", "dropped", metavar="NAME", help="Drop a kept collection, or give up a half-built one."
)
@click.option(
    "--feed",
    "feeds",
    multiple=True,
    metavar="FEED",
    help="Look for pictures in this feed's folder too, beside those of FEEDS and of the last runs.",
)
@click.option(
    "--keep",
    default="7d",
    show_default=True,
    callback=_keep,
    metavar="TIME",
    help="How long the replaced collection is kept: 12h, 7d; 0: until the worker looks.",
)
@click.option(
    "--lose-at-most",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Switch though so many items are left out whose pictures cannot be had.",
)
@click.option("--again", is_flag=True, help="Build anew though the model is the live one.")
@click.option(
    "--confidence-cutoffs",
    "cutoffs",
    default="",
    callback=_cutoffs,
    metavar="CUTOFFS",
    help="CONFIDENCE_CUTOFFS of the new model, as python -m bench.confidence prints them.",
)
def reindex_command(
    model: str | None, back: bool, status: bool, dropped: str | None, **given: Any
) -> None:  # fmt: skip
    """Change the model without downtime: build beside, verify, switch; interrupted, it goes on where it was.

    Searches go on all the while. Exit code 2: it was refused or failed, and the live collection is as it was.
    """
    if sum((model is not None, back, status, dropped is not None)) != 1:
        raise click.UsageError("Say one of --model MODEL, --roll-back, --status and --drop NAME.")
    settings = begun()
    options = ReindexOptions(**given)
    if model is not None:
        lines = reindex(settings, model, options)
    elif back:
        lines = roll_back(settings, options)
    else:
        with versions_of(settings) as versions:
            if dropped is not None:
                with only_reindex(settings):
                    drop(versions, dropped)
            lines = status_lines(versions)
    click.echo("\n".join(lines))
