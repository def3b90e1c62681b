"""The commands `python -m ingest evaluate` and `python -m ingest report`."""

import sys
from pathlib import Path
from typing import Any

import click
import orjson

from catalog.wanted import MODES
from ingest.commands.begin import begun
from ingest.exit_codes import FAILED, FAILED_IN_PART
from ingest.options import reading_options
from ingest.progress import progress
from ingest.run import RunOptions


def _cutoffs(context: click.Context, parameter: click.Parameter, given: str) -> tuple[int, ...]:
    try:
        cutoffs = tuple(sorted({int(one) for one in given.split(",")}))
    except ValueError:
        cutoffs = ()
    if not cutoffs or cutoffs[0] < 1 or cutoffs[-1] > 100:
        raise click.BadParameter(f"{given!r} should be numbers from 1 to 100, such as 1,5,10.")
    return cutoffs


@click.command("evaluate")
@click.option("--queries", required=True, metavar="FILE", help="Labelled queries, one JSON object a line.")
@click.option("--mode", type=click.Choice(MODES), default="hybrid", show_default=True, help="How to search.")
@click.option(
    "--k", "cutoffs", default="1,5,10", show_default=True, callback=_cutoffs,
    help="How far down the answers are looked at.",
)  # fmt: skip
@click.option("--against", metavar="MODE|MODEL", help="Compare with another mode, or with another model.")
@click.option("--against-index", metavar="ALIAS", help="Compare with the collection of this alias.")
@click.option(
    "--feed", "feeds", multiple=True, metavar="FEED",
    help="Build the other model's collection from this feed, for this once; may be repeated.",
)  # fmt: skip
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
def evaluate_command(form: str, **given: Any) -> None:
    """Measure search with labelled queries: recall, precision, MRR, nDCG; see docs/quality.md.

    Nothing of the index is changed. Exit code 1 if a line of the queries cannot be used.
    """
    from ingest.quality.run import Wish, run_evaluation  # scipy and ir-measures cost a second to import
    from ingest.quality.tables import lines_of

    settings = begun()
    with progress() as on_progress:
        evaluation = run_evaluation(Wish(**given), settings, on_progress)
    if form == "json":
        click.echo(orjson.dumps(evaluation, option=orjson.OPT_INDENT_2))
    else:
        click.echo("\n".join(lines_of(evaluation)))
    if not evaluation.queries:
        sys.exit(FAILED)
    if evaluation.problems:
        sys.exit(FAILED_IN_PART)


@click.command("report")
@reading_options
@click.option(
    "--holdout",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.05,
    show_default=True,
    help="The share of the pictures that are asked for.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=99,
    show_default=True,
    help="Which pictures these are.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("report.html"),
    show_default=True,
    help="The page to write.",
)
@click.option(
    "--show",
    type=click.IntRange(0, 1000),
    default=60,
    show_default=True,
    help="How many held-out pictures the page shows, the worst first; all of them are counted.",
)
def report_command(feeds: tuple[str, ...], kind: str | None, columns: dict[str, str], **given: Any) -> None:
    """Show what search by picture finds in each FEED: hold some pictures out and look for their like.

    Nothing but the page is written, and no store is needed. Exit code 1 if something of the feed failed.
    """
    from ingest.quality.report import ReportWish, write_report  # matplotlib costs a second to import

    settings = begun()
    with progress() as on_progress:
        written = write_report(feeds, RunOptions(kind, columns), ReportWish(**given), settings, on_progress)
    click.echo("\n".join(written.lines))
    if not written.ok:
        sys.exit(FAILED_IN_PART)
