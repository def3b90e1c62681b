"""Reads a backup from end to end before anything is done with it: is it whole, and is it one of ours?"""

import hashlib
import re
import tarfile
from pathlib import Path
from typing import IO

import orjson
from pydantic import ValidationError

from ingest.backup.archive import (
    MANIFEST,
    MANIFEST_SUM,
    THUMBNAILS,
    Hashed,
    chunks_of,
    thumbnail_digest,
)
from ingest.backup.errors import BackupUnusable
from ingest.backup.manifest import FORMAT, Manifest, format_of

_THUMBNAIL = re.compile(re.escape(THUMBNAILS) + r"([0-9a-f]{64})\.jpg")
_CHUNK_BYTES = 1024 * 1024


def checked(path: Path) -> Manifest:
    """The manifest of a backup of which every byte is as it was written. Raises BackupUnusable."""
    found: dict[str, tuple[int, str]] = {}
    small: dict[str, bytes] = {}
    thumbnails, count = hashlib.sha256(), 0
    try:
        with tarfile.open(path, "r:") as tar:
            for member in tar:
                content = tar.extractfile(member)
                if content is None or member.name in found or member.name in small:
                    raise BackupUnusable(f"{path}: {member.name!r} does not belong into a backup.")
                if member.name in (MANIFEST, MANIFEST_SUM):
                    small[member.name] = content.read()
                elif _THUMBNAIL.fullmatch(member.name):
                    thumbnail_digest(thumbnails, member.name, content.read())
                    count += 1
                else:
                    found[member.name] = (member.size, _sum_of(content))
    except FileNotFoundError as error:
        raise BackupUnusable(f"{path}: there is no such file.") from error
    except (tarfile.TarError, EOFError) as error:
        raise BackupUnusable(f"{path}: is cut off, damaged, or no backup ({error}).") from error
    manifest = _manifest(path, small)
    _compare(path, manifest, found)
    stored = manifest.thumbnails
    if (count, thumbnails.hexdigest()) != ((stored.count, stored.sha256) if stored else (0, _NOTHING)):
        raise BackupUnusable(f"{path}: is damaged: the thumbnails are not those of its manifest.")
    return manifest


_NOTHING = hashlib.sha256().hexdigest()


def thumbnail_sum(name: str) -> str | None:
    """The SHA-256 of the picture whose thumbnail a member is; None for other members."""
    match = _THUMBNAIL.fullmatch(name)
    return match[1] if match else None


def _sum_of(content: IO[bytes]) -> str:
    hashed = Hashed(chunks_of(content))
    while hashed.read(_CHUNK_BYTES):
        pass
    return hashed.digest.hexdigest()


def _manifest(path: Path, small: dict[str, bytes]) -> Manifest:
    content, expected = small.get(MANIFEST), small.get(MANIFEST_SUM)
    if content is None or expected is None:
        raise BackupUnusable(f"{path}: is cut off, or no backup: its manifest is missing.")
    if hashlib.sha256(content).hexdigest().encode() != expected:
        raise BackupUnusable(f"{path}: is damaged: its manifest is not as it was written.")
    try:
        fields = orjson.loads(content)
        if format_of(fields) != FORMAT:
            raise BackupUnusable(
                f"{path}: is a backup of format {format_of(fields)!r}, and this Vitrine reads {FORMAT}:"
                " restore it with the Vitrine that has made it, or a newer one."
            )
        return Manifest.model_validate(fields)
    except (orjson.JSONDecodeError, ValidationError) as error:
        raise BackupUnusable(f"{path}: has a manifest that cannot be read.") from error


def _compare(path: Path, manifest: Manifest, found: dict[str, tuple[int, str]]) -> None:
    expected = {file.name: (file.bytes, file.sha256) for file in manifest.files}
    for name in expected.keys() | found.keys():
        if found.get(name) != expected.get(name):
            raise BackupUnusable(f"{path}: is damaged: {name} is not as it was written.")
