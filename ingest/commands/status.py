"""`python -m ingest status`."""

import click

from ingest.commands.begin import begun
from ingest.status import status_lines


@click.command("status")
def status_command() -> None:
    """Say what is in the index, and how the last ingest of each feed ended."""
    settings = begun()
    click.echo("\n".join(status_lines(settings)))
