"""A backup as a file: a plain tar whose last members are its manifest and the manifest's checksum.

It is written aside and put in place when it is whole, so that a file of its final name is a whole backup.
"""

import hashlib
import io
import os
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from catalog.thumbnails import thumbnail_path
from ingest.backup.manifest import Manifest, StoredFile, Thumbnails

MANIFEST, MANIFEST_SUM = "manifest.json", "manifest.sha256"
APPLIED, RUNS = "applied.jsonl", "runs.jsonl"
THUMBNAILS = "thumbnails/"
_CHUNK_BYTES = 1024 * 1024


def snapshot_name(number: int) -> str:
    """The member that holds the snapshot of a node."""
    return f"snapshots/{number}.snapshot"


class Hashed(io.RawIOBase):
    """Chunks as a file to be read once, with the sum of what was read."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._left = b""
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        parts, wanted = [], size
        while wanted and (self._left or self._fill()):
            part, self._left = self._left[:wanted], self._left[wanted:]
            parts.append(part)
            wanted -= len(part)
        content = b"".join(parts)
        self.digest.update(content)
        return content

    def _fill(self) -> bool:
        self._left = next(self._chunks, b"")
        return bool(self._left)


class ArchiveWriter:
    """Made by `writing`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("wb")
        os.chmod(path, 0o600)
        self._tar = tarfile.open(fileobj=self._file, mode="w")
        self._files: list[StoredFile] = []

    def add(self, name: str, size: int, chunks: Iterable[bytes]) -> StoredFile:
        """Write a member as it comes in. Raises OSError if it is shorter than `size`, or the disk is full."""
        content = Hashed(chunks)
        self._write(name, size, content)
        stored = StoredFile(name=name, bytes=size, sha256=content.digest.hexdigest())
        self._files.append(stored)
        self._file.flush()
        return stored

    def add_thumbnails(self, folder: Path, sums: Iterable[str]) -> Thumbnails:
        """Write those of the pictures with these SHA-256 that there are."""
        digest, count = hashlib.sha256(), 0
        for sha256 in sums:
            try:
                content = thumbnail_path(folder, sha256).read_bytes()
            except FileNotFoundError:
                continue
            name = f"{THUMBNAILS}{sha256}.jpg"
            self._write(name, len(content), io.BytesIO(content))
            digest.update(_line_of(name, content))
            count += 1
        return Thumbnails(count=count, sha256=digest.hexdigest())

    def finish(self, **about: Any) -> Manifest:
        """Write the manifest, and all of it to the disk."""
        manifest = Manifest(files=tuple(self._files), **about)
        content = manifest.model_dump_json(indent=2).encode()
        self._write(MANIFEST, len(content), io.BytesIO(content))
        checksum = hashlib.sha256(content).hexdigest().encode()
        self._write(MANIFEST_SUM, len(checksum), io.BytesIO(checksum))
        self._tar.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        return manifest

    def close(self) -> None:
        self._file.close()

    def _write(self, name: str, size: int, content: Any) -> None:
        member = tarfile.TarInfo(name)
        member.size = size
        self._tar.addfile(member, content)


@contextmanager
def writing(target: Path) -> Iterator[ArchiveWriter]:
    """Write an archive that gets its name once the block has ended well."""
    aside = target.with_name(f"{target.name}.part")
    writer = ArchiveWriter(aside)
    try:
        yield writer
        writer.close()
        os.replace(aside, target)
        _sync_folder(target.parent)
    finally:
        with suppress(OSError):  # what is left cannot be written to a full disk, and need not be
            writer.close()
        aside.unlink(missing_ok=True)


@contextmanager
def member(path: Path, name: str) -> Iterator[IO[bytes]]:
    """A member of an archive that need not be finished. Raises KeyError, OSError or tarfile's errors."""
    with tarfile.open(path, "r:") as tar:
        content = tar.extractfile(name)
        if content is None:
            raise KeyError(name)
        yield content


def chunks_of(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK_BYTES):
        yield chunk


def thumbnail_digest(digest: Any, name: str, content: bytes) -> None:
    """Add one thumbnail to the sum of all."""
    digest.update(_line_of(name, content))


def _line_of(name: str, content: bytes) -> bytes:
    return f"{name} {hashlib.sha256(content).hexdigest()}\n".encode()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
