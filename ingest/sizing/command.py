"""`python -m ingest plan`: what a shop of some size needs, before anything is installed."""

from typing import Any

import click

from catalog.settings import BUNDLED_MODEL
from ingest.sizing.models import model_called
from ingest.sizing.tables import Asked, plan_lines

# Beyond, the figures would be of no use to anybody.
_MOST_ITEMS = 1_000_000_000
_RATE = click.FloatRange(0, min_open=True)
_PRICE = click.FloatRange(0)


@click.command("plan")
@click.option(
    "--items", type=click.IntRange(1, _MOST_ITEMS), required=True, metavar="N", help="How many there are."
)
@click.option(
    "--images-per-item",
    type=click.FloatRange(0, 16, min_open=True),
    default=1.0,
    show_default=True,
    metavar="K",
    help="How many pictures an item has, on average.",
)
@click.option(
    "--model",
    default=str(BUNDLED_MODEL),
    metavar="MODEL",
    help="A folder, or a name such as clip-ViT-B-32; nothing is downloaded.  [default: the bundled one]",
)
@click.option(
    "--cores", type=click.IntRange(1, 100_000), default=16, show_default=True, help="CPU cores that embed."
)
@click.option(
    "--machine-memory-gb",
    type=click.FloatRange(1),
    default=64.0,
    show_default=True,
    help="Memory of a machine of the store.",
)
@click.option("--price-per-hour", type=_PRICE, help="Price of those CPU cores for an hour.")
@click.option("--gpu-price-per-hour", type=_PRICE, help="Price of a machine with a GPU for an hour.")
@click.option(
    "--core-rate", type=_RATE, help="Pictures a second that a core embeds, if you have measured it."
)
@click.option(
    "--gpu-rate", type=_RATE, help="Pictures a second that the GPU embeds, if you have measured it."
)
def plan_command(model: str, core_rate: float | None, gpu_rate: float | None, **given: Any) -> None:
    """Say what an index of so many items needs: memory, disk, shards, machines, and hours of embedding.

    The figures it is reckoned with are printed below, each with where it comes from.
    """
    asked = Asked(model=model_called(model).measured(core_rate, gpu_rate), **given)
    click.echo("\n".join(plan_lines(asked)))
