"""`python -m ingest dead`."""

import click

from ingest.commands.begin import begun
from ingest.dead import dead_lines


@click.command("dead")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--all", "all_", is_flag=True, help="All of them, instead of those of the IDs.")
@click.option("--retry", is_flag=True, help="Queue them again; what was written to their items since wins.")
@click.option("--drop", is_flag=True, help="Forget them.")
def dead_command(ids: tuple[str, ...], all_: bool, retry: bool, drop: bool) -> None:
    """List the pushed writes that failed for good, each with its reason; or retry or drop some of them."""
    settings = begun()
    if (retry and drop) or (retry or drop) != (all_ or bool(ids)):
        raise click.UsageError("give --retry or --drop, and either ids or --all; or nothing, for a list.")
    click.echo("\n".join(dead_lines(settings, None if all_ else ids, retry, drop)))
