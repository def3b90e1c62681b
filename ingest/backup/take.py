"""Makes a backup: a snapshot of the live collection, tried out beside it, with all that belongs to it."""

import logging
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from catalog import __version__
from catalog.contents import Contents, picture_sums
from catalog.errors import CollectionExists
from catalog.settings import Settings
from catalog.snapshots import Node
from catalog.store_version import StoreVersion
from catalog.version import Version
from catalog.versions import Versions
from catalog.writes.queue import WriteQueue
from ingest.backup.archive import APPLIED, RUNS, ArchiveWriter, snapshot_name, writing
from ingest.backup.beside import load_beside, nodes_of, require_all_shards
from ingest.backup.errors import BackupRefused
from ingest.backup.manifest import FORMAT, Manifest, Model, StoredFile, Thumbnails
from ingest.backup.pushed import applied_lines
from ingest.history import history_of
from ingest.reindex.kept import versions_of
from ingest.turns import only_reindex

# No INDEX_ALIAS ends so, and no collection of an index is called so.
_TRIAL = "+backup-trial"
_ABANDONED_S = 86_400.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BackupOptions:
    """`tried`: whether the snapshot is loaded beside, and what it holds is counted and summed up."""

    nodes: tuple[str, ...] = ()
    thumbnails: bool = False
    tried: bool = True


def backup(settings: Settings, target: Path, options: BackupOptions) -> list[str]:
    """Write a backup to the file `target`, or into that folder; a report for a person.

    Raises BackupRefused, OSError, and what the store and the queue raise; then there is no such file.
    """
    started = time.monotonic()
    with only_reindex(settings), versions_of(settings) as versions:
        live = versions.live()
        if live is None:
            raise BackupRefused("Nothing is indexed yet, so there is nothing to back up.")
        path = _path(settings, target)
        nodes = nodes_of(settings, options.nodes)
        require_all_shards(nodes, live.name)
        with closing(WriteQueue(settings)) as queue, writing(path) as archive:
            waiting = queue.waiting()
            # Before the snapshot: what is remembered of a push must not be ahead of the index.
            _add(archive, APPLIED, applied_lines(queue.parts))
            _add(archive, RUNS, history_of(settings))
            files = _add_snapshots(archive, nodes, live.name)
            contents = _tried(settings, versions, nodes, archive, files) if options.tried else None
            thumbnails = _add_thumbnails(settings, archive, live.name) if options.thumbnails else None
            manifest = _finish(
                settings, archive, live, versions.store(), contents, waiting, thumbnails, files
            )
    return _lines(path, manifest, time.monotonic() - started)


def _path(settings: Settings, target: Path) -> Path:
    if not target.is_dir():
        return target
    for part in target.glob(f"vitrine-{settings.index_alias}-*.tar.part"):  # of a backup that was killed
        if time.time() - part.stat().st_mtime > _ABANDONED_S:
            part.unlink(missing_ok=True)
    return target / f"vitrine-{settings.index_alias}-{datetime.now(UTC):%Y%m%d-%H%M%S}.tar"


def _add(archive: ArchiveWriter, name: str, content: bytes) -> None:
    archive.add(name, len(content), [content] if content else [])


def _add_snapshots(archive: ArchiveWriter, nodes: Sequence[Node], collection: str) -> list[StoredFile]:
    files = []
    for number, node in enumerate(nodes):
        with node.snapshot(collection) as made:
            stored = archive.add(snapshot_name(number), made.size, node.content(made))
        if made.checksum is not None and made.checksum != stored.sha256:
            raise BackupRefused(f"The snapshot of {collection} was damaged on its way here: try it again.")
        files.append(stored)
    return files


def _tried(
    settings: Settings,
    versions: Versions,
    nodes: Sequence[Node],
    archive: ArchiveWriter,
    files: Sequence[StoredFile],
) -> Contents:
    """What the snapshot really holds: only one that was loaded is known to be good."""
    name = f"{settings.index_alias}{_TRIAL}"

    def load() -> Contents:
        versions.drop(name)  # of a backup that was killed
        try:
            return load_beside(settings, nodes, name, archive.path, files)
        finally:
            versions.drop(name)

    try:
        return load()
    except CollectionExists:  # the store was busy making it for that backup still
        _log.info("What a killed backup has left behind is dropped: %s", name)
        return load()


def _add_thumbnails(settings: Settings, archive: ArchiveWriter, collection: str) -> Thumbnails:
    return archive.add_thumbnails(settings.thumbnail_dir, sorted(picture_sums(settings, collection)))


def _finish(
    settings: Settings,
    archive: ArchiveWriter,
    live: Version,
    store: StoreVersion,
    contents: Contents | None,
    waiting: int,
    thumbnails: Thumbnails | None,
    files: Sequence[StoredFile],
) -> Manifest:
    return archive.finish(
        format=FORMAT,
        made_at=datetime.now(UTC),
        vitrine=__version__,
        store_engine=store.engine,
        store_version=store.text,
        alias=settings.index_alias,
        collection=live.name,
        model=Model(name=live.model, fingerprint=live.fingerprint, loaded_from=live.loaded_from),
        points=contents.points if contents else None,
        contents_sum=contents.sum if contents else None,
        waiting_writes=waiting,
        snapshots=len(files),
        thumbnails=thumbnails,
    )


def _lines(path: Path, manifest: Manifest, seconds: float) -> list[str]:
    tried = f"{manifest.points:,} pictures, tried out" if manifest.points is not None else "not tried out"
    lines = [f"{path}: {manifest.collection}, {tried}, {path.stat().st_size / 1e6:,.1f} MB, {seconds:.1f} s"]
    if manifest.thumbnails is not None:
        lines.append(f"  with {manifest.thumbnails.count:,} thumbnails")
    if manifest.waiting_writes:
        lines.append(f"  not in it: {manifest.waiting_writes:,} pushed writes that wait to be done")
    return lines
