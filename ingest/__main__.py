"""The command line: `python -m ingest run`, `verify`, `status`, `work`, `sample`, `evaluate`, `report`."""

import sys
from pathlib import Path
from typing import Any

import click

from catalog.allocator import return_memory_early
from catalog.errors import CatalogError
from catalog.log import set_up_logging
from catalog.settings import read_settings
from ingest.compare import DIFFERS, WOULD_CHANGE
from ingest.lock import only_ingest
from ingest.options import feed_options
from ingest.progress import progress
from ingest.quality.commands import evaluate_command, report_command
from ingest.run import RunOptions, compare_feeds, run_feeds
from ingest.sample import draw_catalogue
from ingest.status import status_lines
from ingest.work import work

# Exit codes: 0 all went in, 1 something of the feed failed, 2 nothing could be done, 130 interrupted.
_FAILED_IN_PART, _FAILED, _INTERRUPTED = 1, 2, 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Put a catalogue into the index and keep it there."""


@cli.command("run")
@feed_options
@click.option("--full", is_flag=True, help="The feeds are the whole catalogue: delete what is in none.")
@click.option("--dry-run", is_flag=True, help="Say what would change; write nothing.")
def run_command(
    feeds: tuple[str, ...], full: bool, dry_run: bool, delete_at_most: float, **given: Any
) -> None:
    """Ingest each FEED: a folder of pictures (sub-folder = category), a file, an address, - (standard input).

    Items are inserted or updated; a picture that has not changed is not embedded again. Files: CSV, TSV, JSON
    Lines, Google Merchant feeds, Shopify exports, gzipped or not.
    """
    settings = read_settings()
    set_up_logging(settings.log_level, settings.log_format)
    options = RunOptions(**given, delete_at_most=delete_at_most if full else None)
    with progress() as on_progress:
        if dry_run:
            differences = compare_feeds(feeds, settings, on_progress, options)
            lines, is_fine = differences.lines(WOULD_CHANGE), not differences.failed
        else:
            reports = run_feeds(feeds, settings, on_progress, options)
            lines = [line for report in reports for line in report.lines()]
            is_fine = all(report.ok for report in reports)
    click.echo("\n".join(lines))
    if not is_fine:
        sys.exit(_FAILED_IN_PART)


@cli.command("verify")
@feed_options
@click.option("--repair", is_flag=True, help="Then bring the index up to the feeds, as run --full does.")
def verify_command(feeds: tuple[str, ...], repair: bool, delete_at_most: float, **given: Any) -> None:
    """Read each FEED again and compare the whole of them with the index; exit code 1 if they differ."""
    settings = read_settings()
    set_up_logging(settings.log_level, settings.log_format)
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
            sys.exit(0 if all(report.ok for report in reports) else _FAILED_IN_PART)
    if not differences.is_equal:
        sys.exit(_FAILED_IN_PART)


@cli.command("status")
def status_command() -> None:
    """Say what is in the index, and how the last ingest of each feed ended."""
    settings = read_settings()
    set_up_logging(settings.log_level, settings.log_format)
    click.echo("\n".join(status_lines(settings)))


@cli.command("work")
def work_command() -> None:
    """Run the worker: ingest the feeds named in FEEDS now and whenever they change."""
    settings = read_settings()
    set_up_logging(settings.log_level, settings.log_format)
    work(settings)


@cli.command("sample")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def sample_command(folder: Path) -> None:
    """Draw the sample catalogue into FOLDER: pictures and products.csv."""
    count = draw_catalogue(folder)
    click.echo(f"{count} products in {folder / 'products.csv'}")


cli.add_command(evaluate_command)
cli.add_command(report_command)


def main() -> None:
    return_memory_early()
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted. What is written stays written; run it again to go on.", err=True)
        sys.exit(_INTERRUPTED)
    except CatalogError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(_FAILED)
    except OSError as error:  # a full disk, a folder that cannot be written
        place = f"{error.filename}: " if error.filename else ""
        click.echo(f"Error: {place}{error.strerror or error}", err=True)
        sys.exit(_FAILED)


if __name__ == "__main__":
    main()
