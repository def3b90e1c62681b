"""`python -m ingest run`."""

import sys
from typing import Any

import click

from ingest.commands.begin import begun
from ingest.compare import WOULD_CHANGE
from ingest.exit_codes import FAILED_IN_PART
from ingest.options import engine_options, feed_options
from ingest.progress import progress
from ingest.resuming import saying_how_to_go_on
from ingest.run import RunOptions, compare_feeds, run_feeds


@click.command("run")
@feed_options
@click.option("--full", is_flag=True, help="The feeds are the whole catalogue: delete what is in none.")
@click.option("--dry-run", is_flag=True, help="Say what would change; write nothing.")
@click.option("--resume", is_flag=True, help="Go on where a run over the same feeds was interrupted.")
@engine_options
def run_command(
    feeds: tuple[str, ...], full: bool, dry_run: bool, delete_at_most: float, **given: Any
) -> None:
    """Ingest each FEED: a folder of pictures (sub-folder = category), a file, an address, - (standard input).

    Items are inserted or updated; a picture that has not changed is not embedded again. Files: CSV, TSV, JSON
    Lines, Google Merchant feeds, Shopify exports, gzipped or not.
    """
    settings = begun()
    options = RunOptions(**given, delete_at_most=delete_at_most if full else None)
    if dry_run and options.engine != "local":
        raise click.UsageError("--dry-run embeds nothing: leave --engine out.")
    with progress() as on_progress:
        if dry_run:
            differences = compare_feeds(feeds, settings, on_progress, options)
            lines, is_fine = differences.lines(WOULD_CHANGE), not differences.failed
        else:
            with saying_how_to_go_on(feeds, settings, options):
                reports = run_feeds(feeds, settings, on_progress, options)
            lines = [line for report in reports for line in report.lines()]
            is_fine = all(report.ok for report in reports)
    click.echo("\n".join(lines))
    if not is_fine:
        sys.exit(FAILED_IN_PART)
