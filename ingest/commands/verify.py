"""`python -m ingest verify`."""

import sys
from typing import Any

import click

from ingest.commands.begin import begun
from ingest.compare import DIFFERS
from ingest.exit_codes import FAILED_IN_PART
from ingest.options import feed_options
from ingest.progress import progress
from ingest.run import RunOptions, compare_feeds, run_feeds
from ingest.turns import only_ingest


@click.command("verify")
@feed_options
@click.option("--repair", is_flag=True, help="Then bring the index up to the feeds, as run --full does.")
def verify_command(feeds: tuple[str, ...], repair: bool, delete_at_most: float, **given: Any) -> None:
    """Read each FEED again and compare the whole of them with the index; exit code 1 if they differ."""
    settings = begun()
    if repair and "-" in feeds:
        raise click.BadParameter("standard input cannot be read a second time.", param_hint="--repair")
    options = RunOptions(**given, delete_at_most=delete_at_most)
    with progress() as on_progress:
        with only_ingest(settings):
            differences = compare_feeds(feeds, settings, on_progress, options)
        click.echo("\n".join(differences.lines(DIFFERS)))
        if repair and not differences.is_equal:
            reports = run_feeds(feeds, settings, on_progress, options)
            click.echo("\n".join(["repaired:", *(line for report in reports for line in report.lines())]))
            sys.exit(0 if all(report.ok for report in reports) else FAILED_IN_PART)
    if not differences.is_equal:
        sys.exit(FAILED_IN_PART)
