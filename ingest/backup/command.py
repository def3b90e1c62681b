"""`python -m ingest backup` and `restore`."""

from datetime import timedelta
from pathlib import Path

import click

from catalog.logins import require_readable
from catalog.settings import Settings
from ingest.backup.restore import RestoreOptions, check_lines, restore
from ingest.backup.take import BackupOptions, backup
from ingest.commands.begin import begun
from ingest.reindex.kept import duration


def _addresses(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    try:
        for address in given:
            require_readable(address)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from error
    return given


_NODE = click.option(
    "--node", "nodes", multiple=True, metavar="URL", callback=_addresses,
    help="Address of a node of a cluster; repeat it for each.  [default: QDRANT_URL]",
)  # fmt: skip


def _time(context: click.Context, parameter: click.Parameter, given: str) -> timedelta:
    try:
        return duration(given)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from error


_KEEP = click.option(
    "--keep", default="7d", show_default=True, metavar="TIME", callback=_time,
    help="How long the collection that was live is kept, such as 12h; 0: no longer than it must.",
)  # fmt: skip


@click.command("backup")
@click.argument("target", type=click.Path(path_type=Path))
@_NODE
@click.option("--thumbnails", is_flag=True, help="Thumbnails, too.")
@click.option("--no-trial", is_flag=True, help="Do not load the snapshot beside to see what it holds.")
def backup_command(target: Path, nodes: tuple[str, ...], thumbnails: bool, no_trial: bool) -> None:
    """Back the index up into TARGET, a file or a folder, while searches and writes go on."""
    lines = backup(_settings(), target, BackupOptions(nodes, thumbnails, not no_trial))
    click.echo("\n".join(lines))


@click.command("restore")
@click.argument("archive", type=click.Path(dir_okay=False, path_type=Path))
@_NODE
@_KEEP
@click.option("--check", is_flag=True, help="Only look whether the archive is whole.")
def restore_command(archive: Path, nodes: tuple[str, ...], keep: timedelta, check: bool) -> None:
    """Make the index what it was in ARCHIVE: loaded beside, verified, then switched to.

    Exit code 2: it was refused or failed, and the live index is as it was.
    """
    settings = _settings()
    lines = check_lines(archive) if check else restore(settings, archive, RestoreOptions(nodes, keep))
    click.echo("\n".join(lines))


def _settings() -> Settings:
    settings = begun()
    return settings
