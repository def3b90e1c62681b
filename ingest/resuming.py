"""Tells a person how to go on with a run that did not end well."""

import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from catalog.errors import CatalogError
from catalog.settings import Settings
from ingest.fetch.locations import without_credentials
from ingest.run import RunOptions, finished


@contextmanager
def saying_how_to_go_on(feeds: Sequence[str], settings: Settings, options: RunOptions) -> Iterator[None]:
    """Print the command that resumes the run within, if it is interrupted or fails after it has begun."""
    try:
        yield
    except (CatalogError, KeyboardInterrupt, OSError):
        if finished(feeds, settings, options).exists():
            given = [without_credentials(one) for one in sys.argv[1:] if one != "--resume"]
            click.echo(f"To go on: python -m ingest {shlex.join(given)} --resume", err=True)
        raise
