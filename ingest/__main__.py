"""The command line: `python -m ingest run FEED`, and the other commands that `python -m ingest -h` lists."""

import sys
from importlib import import_module

import click

from catalog.allocator import collect_seldom, return_memory_early
from catalog.errors import CatalogError
from catalog.quick_imports import models_wait
from ingest.exit_codes import FAILED, INTERRUPTED

# Where each command is defined: it is imported when it is called, so that none waits for what others need.
_COMMANDS = {
    "backup": "ingest.backup.command:backup_command",
    "dead": "ingest.commands.dead:dead_command",
    "duplicates": "ingest.commands.duplicates:duplicates_command",
    "evaluate": "ingest.quality.commands:evaluate_command",
    "plan": "ingest.sizing.command:plan_command",
    "reindex": "ingest.reindex.command:reindex_command",
    "report": "ingest.quality.commands:report_command",
    "restore": "ingest.backup.command:restore_command",
    "run": "ingest.commands.run:run_command",
    "sample": "ingest.commands.sample:sample_command",
    "status": "ingest.commands.status:status_command",
    "verify": "ingest.commands.verify:verify_command",
    "watch": "ingest.commands.watch:watch_command",
    "work": "ingest.commands.work:work_command",
}
# They use the store, and are started again and again.
_READ_FEEDS = {"run", "verify", "watch", "work"}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        if cmd_name in _READ_FEEDS:
            with models_wait():
                import_module("qdrant_client")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Put a catalogue into the index and keep it there."""


def main() -> None:
    return_memory_early()
    collect_seldom()
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted. What is written stays written.", err=True)
        sys.exit(INTERRUPTED)
    except CatalogError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(FAILED)
    except ModuleNotFoundError as error:  # an image that holds only what the worker needs
        click.echo(f"Error: {error.name} is not installed here, and this command needs it: install"
                   " requirements.txt, or use the image `tools` (docs/deploy.md).", err=True)  # fmt: skip
        sys.exit(FAILED)
    except OSError as error:  # a full disk, a folder that cannot be written
        place = f"{error.filename}: " if error.filename else ""
        click.echo(f"Error: {place}{error.strerror or error}", err=True)
        sys.exit(FAILED)


if __name__ == "__main__":
    main()
