"""The command line: `python -m catalog export` and `check`."""

import sys

import click

from catalog.checking import check
from catalog.encoders.export import exported
from catalog.errors import CatalogError
from catalog.log import set_up_logging
from catalog.model_files import find_model_folder
from catalog.settings import read_settings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Ready what the other programs need."""


@cli.command("export")
def export_command() -> None:
    """Export the model of CLIP_MODEL for ONNX Runtime, unless that is done: at image build, before a start.

    Exit code 1: it cannot be exported, and PyTorch will run it. 2: it cannot be loaded or written.
    """
    settings = read_settings()
    set_up_logging(settings.log_level, settings.log_format)
    if settings.encoder_runtime == "torch":
        click.echo("ENCODER_RUNTIME is torch: nothing to export.")
        return
    export = exported(find_model_folder(settings.clip_model), settings.encoder_cache_dir, again=True)
    if export is None:
        sys.exit(1)
    click.echo(f"{export.folder}: verified, least cosine {export.record.cosine:.6f}")


@cli.command("check")
def check_command() -> None:
    """Find the model of CLIP_MODEL, and export it unless that is done; then look at the store's version.

    Exit code 2 if one of them cannot be used. A store that is away is none of these: it may come later.
    """
    settings = read_settings()
    set_up_logging(settings.log_level, settings.log_format)
    check(settings)


def main() -> None:
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except CatalogError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
