"""`python -m ingest watch`."""

from typing import Any

import click

from catalog.known_encoders import KnownEncoders
from ingest.commands.begin import begun
from ingest.options import feed_options
from ingest.run import RunOptions
from ingest.watch import Watched, follow, stop_on_signals


@click.command("watch")
@feed_options
@click.option("--full", is_flag=True, help="The feeds are the whole catalogue: delete what is in none.")
@click.option("--every", "every_s", type=click.FloatRange(0, min_open=True), metavar="SECONDS",
              help="How often to look for a change.  [default: FEED_INTERVAL_S]")  # fmt: skip
def watch_command(
    feeds: tuple[str, ...], full: bool, every_s: float | None, delete_at_most: float, **given: Any
) -> None:
    """Ingest each FEED as `run` does, and again whenever one of them has changed, until stopped."""
    settings = begun()
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
