"""`python -m ingest work`."""

import click

from ingest.commands.begin import begun
from ingest.work import work


@click.command("work")
def work_command() -> None:
    """Run the worker: do pushed writes, and ingest the feeds named in FEEDS now and whenever they change."""
    work(begun())
