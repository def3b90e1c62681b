"""`python -m ingest sample`."""

from pathlib import Path

import click

from ingest.sample import draw_catalogue


@click.command("sample")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def sample_command(folder: Path) -> None:
    """Draw the sample catalogue into FOLDER: pictures and products.csv."""
    count = draw_catalogue(folder)
    click.echo(f"{count} products in {folder / 'products.csv'}")
