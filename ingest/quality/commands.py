"""The commands `python -m ingest evaluate` and `python -m ingest report`."""

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
import orjson
from click.core import ParameterSource

from catalog.wanted import MODES
from ingest.commands.begin import begun
from ingest.exit_codes import FAILED, FAILED_IN_PART
from ingest.options import reading_options
from ingest.progress import progress
from ingest.run import RunOptions

T = TypeVar("T")


def _cutoffs(context: click.Context, parameter: click.Parameter, given: str) -> tuple[int, ...]:
    try:
        cutoffs = tuple(sorted({int(one) for one in given.split(",")}))
    except ValueError:
        cutoffs = ()
    if not cutoffs or cutoffs[0] < 1 or cutoffs[-1] > 100:
        raise click.BadParameter(f"{given!r} should be numbers from 1 to 100, such as 1,5,10.")
    return cutoffs


@click.command("evaluate")
@click.option("--queries", metavar="FILE", help="Labelled queries, one JSON object a line.")
@click.option(
    "--card", "catalogue", multiple=True, metavar="FEED",
    help="Instead of queries: the table of a model card from this feed's titles, pictures and labels, without"
    " a store; may be repeated.",
)  # fmt: skip
@click.option(
    "--label", "labels", multiple=True, default=("category",), show_default=True, metavar="COLUMN",
    help="With --card: a column that says what is alike; may be repeated.",
)  # fmt: skip
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
def evaluate_command(form: str, catalogue: tuple[str, ...], labels: tuple[str, ...], **given: Any) -> None:
    """Measure search with labelled queries: recall, precision, MRR, nDCG; see docs/quality.md.

    Nothing of the index is changed. Exit code 1 if a line of the queries, or of the feeds, cannot be used.
    """
    if bool(catalogue) == (given["queries"] is not None):
        raise click.UsageError("One of the two is needed: --queries FILE, or --card FEED.")
    if catalogue:
        _refuse(("mode", "cutoffs", "against_index", "feeds"), "--card")
        if given["against"] in MODES:
            raise click.UsageError("--against takes a model with --card, which knows no modes.")
        _print_cards(catalogue, labels, given["against"], form)
    else:
        _refuse(("labels",), "--queries")
        _print_evaluation(given, form)


def _refuse(names: Sequence[str], beside: str) -> None:
    """Raise UsageError for an option that was given, but has no meaning beside another one."""
    context = click.get_current_context()
    for option in context.command.params:
        if option.name in names and context.get_parameter_source(option.name) == ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{option.opts[0]} does not go with {beside}.")


def _print_evaluation(given: dict[str, Any], form: str) -> None:
    from ingest.quality.run import Wish, run_evaluation  # scipy and ir-measures cost a second to import
    from ingest.quality.tables import lines_of

    settings = begun()
    with progress() as on_progress:
        evaluation = run_evaluation(Wish(**given), settings, on_progress)
    _print(evaluation, lines_of, form)
    if not evaluation.queries:
        sys.exit(FAILED)
    if evaluation.problems:
        sys.exit(FAILED_IN_PART)


def _print_cards(feeds: tuple[str, ...], labels: tuple[str, ...], against: str | None, form: str) -> None:
    from ingest.quality.card import CardWish, measure_cards
    from ingest.quality.tables import card_lines

    settings = begun()
    with progress() as on_progress:
        cards = measure_cards(CardWish(feeds, labels, against), settings, on_progress)
    _print(cards, card_lines, form)
    if cards.problems:
        sys.exit(FAILED_IN_PART)


def _print(measured: T, lines: Callable[[T], Iterable[str]], form: str) -> None:
    if form == "json":
        click.echo(orjson.dumps(measured, option=orjson.OPT_INDENT_2))
    else:
        click.echo("\n".join(lines(measured)))


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
