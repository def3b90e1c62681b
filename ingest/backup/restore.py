"""Puts a backup back: checked from end to end, loaded beside, compared, and only then made the live index."""

import logging
import tarfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from catalog.contents import Contents
from catalog.known_encoders import KnownEncoders
from catalog.logins import without_login
from catalog.settings import Settings
from catalog.store_version import StoreVersion
from catalog.thumbnails import thumbnail_path, write_bytes
from catalog.versions import ALIAS_TRUSTED_S, Versions
from catalog.writes.locks import exclusive_write
from catalog.writes.queue import WriteQueue
from ingest.backup.archive import APPLIED, RUNS, member, snapshot_name
from ingest.backup.beside import load_beside, nodes_of
from ingest.backup.checking import checked, thumbnail_sum
from ingest.backup.errors import BackupRefused
from ingest.backup.leftover import drop_leftover, noted
from ingest.backup.manifest import Manifest
from ingest.backup.pushed import put_back_applied
from ingest.history import put_back_history
from ingest.reindex.kept import duration_text, versions_of
from ingest.turns import StillHeld, no_pushes, only_ingest, only_reindex

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RestoreOptions:
    """`keep`: how long what was live is kept."""

    nodes: tuple[str, ...] = ()
    keep: timedelta = timedelta(days=7)


def check_lines(archive: Path) -> list[str]:
    """What is in a backup that is whole, for a person. Raises BackupUnusable."""
    return [f"{archive}: whole", *_about(checked(archive))]


def restore(settings: Settings, archive: Path, options: RestoreOptions) -> list[str]:
    """Make the index what it was in the backup; a report for a person.

    Raises BackupUnusable, BackupRefused, and what the store and the queue raise; then the live index is as it
    was.
    """
    started = time.monotonic()
    manifest = checked(archive)
    with (
        only_ingest(settings) as ingests_held,
        only_reindex(settings) as reindex_held,
        versions_of(settings) as versions,
    ):
        _require_fitting(settings, versions, manifest, options)
        drop_leftover(settings, versions)
        with no_pushes(settings) as pushes_held:
            began = datetime.now(UTC)
            _log.info("restore of %s begins: pushed writes wait, and are done afterwards", archive)
            name = versions.next_name(manifest.model.name)
            with noted(settings, versions, name):
                contents = _loaded(settings, versions, manifest, archive, name, options.nodes)
                thumbnails = _put_back_thumbnails(settings, archive, manifest)
                old = versions.roles(now=True).live
                held = (ingests_held, reindex_held, pushes_held)
                items = _make_live(settings, versions, manifest, archive, name, options, held)
    kept = f"{old} is kept for {duration_text(options.keep)}" if old else "there was none before"
    return [
        f"{archive} -> {name}: {time.monotonic() - started:.1f} s",
        *_about(manifest),
        f"  verified           {contents.points:,} pictures"
        + (", the same sum as in the backup" if manifest.contents_sum else ", by the files' checksums alone"),
        f"  known pushes       {items:,} items",
        *([f"  thumbnails added   {thumbnails:,}"] if manifest.thumbnails else []),
        f"{name} is live; {kept}. Run the feeds, and have pushed again what was pushed between the backup and"
        f" {began:%Y-%m-%d %H:%M:%S} UTC; what came later is done now.",
    ]


def _about(manifest: Manifest) -> list[str]:
    points = "not counted" if manifest.points is None else f"{manifest.points:,} pictures"
    return [
        f"  made               {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC by Vitrine {manifest.vitrine}",
        f"  of                 {manifest.collection}, {points}, model {manifest.model.name}",
        f"  store              {manifest.store_engine} {manifest.store_version}",
    ]


def _require_fitting(
    settings: Settings, versions: Versions, manifest: Manifest, options: RestoreOptions
) -> None:
    """Raise BackupRefused for a backup that this store or this machine cannot use."""
    store, made_by = versions.store(), StoreVersion(manifest.store_engine, manifest.store_version)
    place = without_login(settings.qdrant_url)
    if store.engine != made_by.engine:
        raise BackupRefused(
            f"The backup is of a {made_by.engine}, and the store at {place} is a"
            f" {store.engine}: their snapshots differ. Ingest the feeds there instead."
        )
    if store.numbers < made_by.numbers:
        raise BackupRefused(
            f"The backup is of {made_by.engine} {made_by.text}, newer than the {store.text} at"
            f" {place}: bring that up to date first."
        )
    model = manifest.model
    if not KnownEncoders(settings).is_here(model.fingerprint, model.loaded_from):
        raise BackupRefused(
            f"The backup was built by the model {model.name!r} ({model.fingerprint[:12]}, loaded from"
            f" {model.loaded_from or 'a place that is not recorded'}), which is not found here; CLIP_MODEL is"
            f" {settings.clip_model}. Set CLIP_MODEL to it."
        )
    if len(nodes_of(settings, options.nodes)) != manifest.snapshots:
        raise BackupRefused(
            f"The backup was made of {manifest.snapshots} nodes: name as many with --node, in the same order."
        )
    building = versions.roles(now=True).building
    if building is not None:
        raise BackupRefused(f"{building} is being built: finish that, or give it up with `reindex --drop`.")


def _loaded(
    settings: Settings,
    versions: Versions,
    manifest: Manifest,
    archive: Path,
    name: str,
    nodes: Sequence[str],
) -> Contents:
    files = [manifest.file(snapshot_name(number)) for number in range(manifest.snapshots)]
    contents = load_beside(settings, nodes_of(settings, nodes), name, archive, files)
    expected = (manifest.points, manifest.contents_sum)
    if manifest.contents_sum is not None and (contents.points, contents.sum) != expected:
        raise BackupRefused(
            f"What was loaded is not what the backup was of: {contents.points:,} pictures of"
            f" {manifest.points:,}, or with other contents. The live index stays."
        )
    versions.adopt(name, manifest.model.loaded_from)
    return contents


def _make_live(
    settings: Settings,
    versions: Versions,
    manifest: Manifest,
    archive: Path,
    name: str,
    options: RestoreOptions,
    held: Sequence[StillHeld],
) -> int:
    """Raises LockLost before the switch if others may have written meanwhile."""
    with closing(WriteQueue(settings)) as queue:
        # Every writer holds this lock to write, and looks under it which collection is live.
        with exclusive_write(queue.locks):
            for still_held in held:
                still_held()
            # First the switch: until it is made, what is known of pushes belongs to what is live.
            versions.put_back(name, options.keep)
        _log.info("restored %s: %s is live", settings.index_alias, name)
        with member(archive, APPLIED) as content:
            items = put_back_applied(settings, queue.parts, content)
    # Until every web worker reads what is live: who is told then that a push is done finds it there.
    time.sleep(ALIAS_TRUSTED_S)
    with member(archive, RUNS) as content:
        put_back_history(settings, content.read())
    return items


def _put_back_thumbnails(settings: Settings, archive: Path, manifest: Manifest) -> int:
    """Those that are not there; a thumbnail of a name is the same everywhere."""
    if manifest.thumbnails is None:
        return 0
    added = 0
    with tarfile.open(archive, "r:") as tar:
        for one in tar:
            sha256, content = thumbnail_sum(one.name), tar.extractfile(one)
            if sha256 is None or content is None:
                continue
            path = thumbnail_path(settings.thumbnail_dir, sha256)
            if not path.exists():
                write_bytes(content.read(), path)
                added += 1
    return added
