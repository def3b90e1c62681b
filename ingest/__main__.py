"""The command line: `python -m ingest run FEED`, and the other commands that `python -m ingest -h` lists."""

import sys
from pathlib import Path
from typing import Any

import click

from catalog.allocator import collect_seldom, return_memory_early
from catalog.errors import CatalogError
from catalog.known_encoders import KnownEncoders
from catalog.log import set_up_logging
from catalog.picture_hash import NEAR_SIGNS
from catalog.settings import read_settings
from ingest.backup.command import backup_command, restore_command
from ingest.compare import DIFFERS, WOULD_CHANGE
from ingest.connect import connected
from ingest.dead import dead_lines
from ingest.options import engine_options, feed_options
from ingest.progress import progress
from ingest.quality.commands import evaluate_command, report_command
from ingest.reindex.command import reindex_command
from ingest.resuming import saying_how_to_go_on
from ingest.run import RunOptions, compare_feeds, run_feeds
from ingest.sample import draw_catalogue
from ingest.sizing.command import plan_command
from ingest.status import status_lines
from ingest.turns import only_ingest
from ingest.watch import Watched, follow, stop_on_signals
from ingest.work import work

# Exit codes: 0 all went in, 1 something of the feed failed, 2 nothing could be done, 130 interrupted.
_FAILED_IN_PART, _FAILED, _INTERRUPTED = 1, 2, 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Put a catalogue into the index and keep it there."""


cli.add_command(backup_command)
cli.add_command(restore_command)
cli.add_command(reindex_command)
cli.add_command(evaluate_command)
cli.add_command(report_command)
cli.add_command(plan_command)


@cli.command("run")
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
    settings = read_settings()
    set_up_logging(settings.log_level, settings.log_format)
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
        sys.exit(_FAILED_IN_PART)


@cli.command("watch")
@feed_options
@click.option("--full", is_flag=True, help="The feeds are the whole catalogue: delete what is in none.")
@click.option("--every", "every_s", type=click.FloatRange(0, min_open=True), metavar="SECONDS",
              help="How often to look for a change.  [default: FEED_INTERVAL_S]")  # fmt: skip
def watch_command(
    feeds: tuple[str, ...], full: bool, every_s: float | None, delete_at_most: float, **given: Any
) -> None:
    """Ingest each FEED as `run` does, and again whenever one of them has changed, until stopped."""
    settings = read_settings()
    set_up_logging(settings.log_level, settings.log_format)
    if "-" in feeds:
        raise click.BadParameter("standard input cannot be read a second time.", param_hint="FEED")
    stop = stop_on_signals()
    options = RunOptions(**given, delete_at_most=delete_at_most if full else None, resume=True)
    follow(
        [Watched(feeds, options)],
        settings,
        every_s or settings.feed_interval_s,
        stop,
        KnownEncoders(settings),
    )


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


@cli.command("duplicates")
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
    from ingest.duplicates import find_duplicates  # SciPy, which no other command should wait for

    settings = read_settings()
    set_up_logging(settings.log_level, settings.log_format)
    with connected(settings) as (index, _):
        duplicates = find_duplicates(index, distance)
    for line in duplicates.lines(format_):
        click.echo(line)
    if format_ != "text":
        for warning in duplicates.warnings():
            click.echo(warning, err=True)


@cli.command("status")
def status_command() -> None:
    """Say what is in the index, and how the last ingest of each feed ended."""
    settings = read_settings()
    set_up_logging(settings.log_level, settings.log_format)
    click.echo("\n".join(status_lines(settings)))


@cli.command("work")
def work_command() -> None:
    """Run the worker: do pushed writes, and ingest the feeds named in FEEDS now and whenever they change."""
    settings = read_settings()
    set_up_logging(settings.log_level, settings.log_format)
    work(settings)


@cli.command("dead")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--all", "all_", is_flag=True, help="All of them, instead of those of the IDs.")
@click.option("--retry", is_flag=True, help="Queue them again; what was written to their items since wins.")
@click.option("--drop", is_flag=True, help="Forget them.")
def dead_command(ids: tuple[str, ...], all_: bool, retry: bool, drop: bool) -> None:
    """List the pushed writes that failed for good, each with its reason; or retry or drop some of them."""
    settings = read_settings()
    set_up_logging(settings.log_level, settings.log_format)
    if (retry and drop) or (retry or drop) != (all_ or bool(ids)):
        raise click.UsageError("give --retry or --drop, and either ids or --all; or nothing, for a list.")
    click.echo("\n".join(dead_lines(settings, None if all_ else ids, retry, drop)))


@cli.command("sample")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def sample_command(folder: Path) -> None:
    """Draw the sample catalogue into FOLDER: pictures and products.csv."""
    count = draw_catalogue(folder)
    click.echo(f"{count} products in {folder / 'products.csv'}")


def main() -> None:
    return_memory_early()
    collect_seldom()
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted. What is written stays written.", err=True)
        sys.exit(_INTERRUPTED)
    except CatalogError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(_FAILED)
    except ModuleNotFoundError as error:  # an image that holds only what the worker needs
        click.echo(f"Error: {error.name} is not installed here, and this command needs it: install"
                   " requirements.txt, or use the image `tools` (docs/deploy.md).", err=True)  # fmt: skip
        sys.exit(_FAILED)
    except OSError as error:  # a full disk, a folder that cannot be written
        place = f"{error.filename}: " if error.filename else ""
        click.echo(f"Error: {place}{error.strerror or error}", err=True)
        sys.exit(_FAILED)


if __name__ == "__main__":
    main()
