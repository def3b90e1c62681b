"""Snapshots: each a file from which a collection can be made anew, here or on another machine.

DIR/snapshots/<quoted name>/<snapshot>   a tar of collection.json and the engine's directory, less its holes

What was acknowledged before a snapshot is asked for is in it, and no write is in it in part: writes wait
while the directory is copied, as they do for an optimiser's copy. Reads do not wait.
"""

import asyncio
import hashlib
import logging
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vectorstore.collection_files import (
    DESCRIPTION,
    Description,
    directory_name,
    files_of,
    save,
    shard_path,
)
from vectorstore.collection_settings import check_create
from vectorstore.copy_tree import copy_tree
from vectorstore.errors import BadRequest, BadValue, DiskFull, NotFound, StartError, StoreError
from vectorstore.files import read_json, remove_tree, sync_path, sync_tree, tree_bytes, write_json
from vectorstore.served_collection import ServedCollection
from vectorstore.targets import FLUSH

_SUFFIX = ".snapshot"
_SHARD = "shard"
_BAD = "Bad request: this is no snapshot of a vectorstore's collection, or a damaged one"

_log = logging.getLogger(__name__)


class Snapshots:
    """Those of one store. `root`: where they lie; what is half-made has a name that begins with a dot."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.incoming = root / ".incoming"

    def open(self) -> None:
        """Remove what a crash has left half-made."""
        if not self._root.exists():
            return
        for leftover in [*self._root.glob("*/.*"), self.incoming]:
            remove_tree(leftover)
            if leftover.is_file():
                leftover.unlink()

    def forget(self, collection: str) -> None:
        """Remove all snapshots of a collection that is deleted: nobody could name them any more."""
        remove_tree(self._folder(collection))

    async def create(self, collection: ServedCollection) -> dict[str, Any]:
        """Make one. Raises StoreError."""
        folder = self._folder(collection.name)
        moment = datetime.now(UTC).strftime("%Y-%m-%d-%H-%M-%S-%f")
        name = f"{collection.name}-{moment}{_SUFFIX}"
        aside, packed = folder / f".{name}", folder / f".{name}.tar"
        try:
            await asyncio.to_thread(aside.mkdir, parents=True)
            await self._copy(collection, aside)
            await _pack(aside, packed)
            checksum = await asyncio.to_thread(_sha256, packed)
            await asyncio.to_thread(_keep, packed, folder / name, checksum)
        except OSError as error:
            raise DiskFull(
                f"No space left for a snapshot of `{collection.name}`: {error.strerror}"
            ) from error
        finally:
            await asyncio.shield(asyncio.to_thread(remove_tree, aside))
            packed.unlink(missing_ok=True)
        return self._described(folder / name)

    def list(self, collection: str) -> list[dict[str, Any]]:
        return [self._described(path) for path in sorted(self._folder(collection).glob(f"[!.]*{_SUFFIX}"))]

    def path(self, collection: str, name: str) -> Path:
        """Raises NotFound."""
        path = self._folder(collection) / name
        if "/" in name or name.startswith(".") or not name.endswith(_SUFFIX) or not path.is_file():
            raise NotFound(f"Not found: Snapshot {name} not found")
        return path

    def delete(self, collection: str, name: str) -> None:
        """Raises NotFound."""
        path = self.path(collection, name)
        _checksum_path(path).unlink(missing_ok=True)
        path.unlink()

    def _folder(self, collection: str) -> Path:
        return self._root / directory_name(collection)

    async def _copy(self, collection: ServedCollection, aside: Path) -> None:
        async with collection.writes_held():
            status, body = await collection.read(FLUSH, b"")
            if status != 200:
                raise StoreError(f"the shard cannot be flushed: {body[:200]!r}")
            description = collection.description.model_dump(mode="json", exclude_none=True)
            write_json(aside / DESCRIPTION, description)
            await asyncio.to_thread(copy_tree, collection.path, aside / _SHARD)

    def _described(self, path: Path) -> dict[str, Any]:
        made = path.stat()
        moment = datetime.fromtimestamp(made.st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        checksum = _checksum_path(path)
        return {
            "name": path.name,
            "creation_time": moment,
            "size": made.st_size,
            "checksum": checksum.read_text() if checksum.exists() else None,
        }


def space_needed(collection: ServedCollection) -> int:
    """Bytes of disk that making a snapshot takes: the copy, and the file made of it."""
    return 2 * tree_bytes(collection.path)


def unpack(snapshot: Path, directory: Path) -> Description:
    """Make a collection's directory of a snapshot, whole and synced. Raises BadRequest, DiskFull."""
    try:
        with tarfile.open(snapshot, "r:") as archive:
            archive.extractall(directory, filter="data")
        description = Description.model_validate(read_json(directory / DESCRIPTION))
    except (tarfile.TarError, EOFError, ValidationError, StartError, FileNotFoundError) as error:
        raise BadRequest(_BAD) from error
    except OSError as error:
        raise DiskFull(f"No space left for the snapshot: {error.strerror}") from error
    check_create(description.settings)
    description.generation = 1
    shard = directory / _SHARD
    if not (shard / "segments").is_dir():
        raise BadRequest(_BAD)
    shard.rename(shard_path(directory, 1))
    if missing := set(description.files) - set(files_of(directory, 1)):
        raise BadRequest(f"{_BAD}: it lacks {min(missing)}")
    description.files = files_of(directory, 1)
    sync_tree(directory)
    save(directory, description)
    return description


def check_sum(path: Path, expected: str | None) -> None:
    """Raise BadValue unless the file's SHA-256 is the expected one; None expects nothing."""
    if expected is not None and _sha256(path) != expected.lower():
        raise BadValue("Bad request: the snapshot's checksum is another: it was damaged on its way")


async def _pack(directory: Path, target: Path) -> None:
    """By the system's tar, which leaves out the holes: the engine's files are mostly that."""
    arguments = ("--create", "--sparse", f"--file={target}", f"--directory={directory}", DESCRIPTION, _SHARD)
    tar = await asyncio.create_subprocess_exec("tar", *arguments, stderr=asyncio.subprocess.PIPE)
    _, said = await tar.communicate()
    if tar.returncode:
        _log.error("tar: %s", said.decode(errors="replace").strip())
        raise DiskFull("No space left for a snapshot, or no tar: see the log of the vector store")


def _keep(packed: Path, target: Path, checksum: str) -> None:
    _checksum_path(target).write_text(checksum)
    sync_path(packed)
    packed.rename(target)
    sync_path(target.parent)


def _checksum_path(snapshot: Path) -> Path:
    return snapshot.with_name(f"{snapshot.name}.checksum")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
