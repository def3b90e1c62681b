"""`python -m ingest duplicates`."""

import click

from catalog.picture_hash import NEAR_SIGNS
from ingest.commands.begin import begun
from ingest.connect import connected


@click.command("duplicates")
@click.option(
    "--distance",
    type=click.IntRange(0, 64),
    default=NEAR_SIGNS,
    show_default=True,
    metavar="N",
    help="How many of the 256 signs of near pictures' hashes may differ.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "csv", "jsonl"]),
    default="text",
    show_default=True,
    help="For a person, or for a program.",
)
def duplicates_command(distance: int, format_: str) -> None:
    """List the items of the index that share a picture, or have nearly the same one."""
    from ingest.duplicates import (
        find_duplicates,  # SciPy, which a worker lacks
    )

    settings = begun()
    with connected(settings) as (index, _):
        duplicates = find_duplicates(index, distance)
    for line in duplicates.lines(format_):
        click.echo(line)
    if format_ != "text":
        for warning in duplicates.warnings():
            click.echo(warning, err=True)
