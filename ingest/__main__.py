"""The command line: `python -m ingest run FEED`, `work`, `sample DIR`."""

import sys
from pathlib import Path

import click

from catalog.allocator import return_memory_early
from catalog.errors import CatalogError
from catalog.log import set_up_logging
from catalog.settings import read_settings
from ingest.progress import progress
from ingest.run import run_feed
from ingest.sample import draw_catalogue
from ingest.work import work

# Exit codes: 0 all went in, 1 something of the feed failed, 2 nothing could be done, 130 interrupted.
_FAILED_IN_PART, _FAILED, _INTERRUPTED = 1, 2, 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Put a catalogue into the index and keep it there."""


@cli.command("run")
@click.argument("feed")
def run_command(feed: str) -> None:
    """Ingest FEED: a folder of pictures (sub-folder = category), a CSV or TSV, or a JSON Lines file.

    Items are inserted or updated; a picture that has not changed is not embedded again.
    """
    settings = read_settings()
    set_up_logging(settings.log_level, settings.log_format)
    with progress() as on_progress:
        report = run_feed(feed, settings, on_progress)
    click.echo("\n".join(report.lines()))
    if not report.ok:
        sys.exit(_FAILED_IN_PART)


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
