"""A collection on disk: its description, and the generation of its shard that is the current one.

DIR/collections/<quoted name>/collection.json     settings, payload indexes, current generation, its files
DIR/collections/<quoted name>/shard-<generation>/ the engine's directory
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from pydantic import BaseModel, Field, ValidationError
from qdrant_client.http import models

from vectorstore.errors import BadValue, StartError
from vectorstore.files import read_json, remove_tree, sync_path, write_json

DESCRIPTION = "collection.json"
_UNFINISHED = "unfinished"
_FORBIDDEN = set('<>:"/\\|?*\0\x1f')


class Description(BaseModel):
    """What collection.json holds."""

    settings: models.CreateCollection
    payload_indexes: dict[str, Any] = Field(default_factory=dict)
    generation: int = 1
    files: list[str] = Field(default_factory=list)
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))


def directory_name(name: str) -> str:
    """The name of a collection's directory. Raises BadValue for what cannot be one."""
    quoted = quote(name, safe=" +,=@")
    if not name or name.startswith(".") or _FORBIDDEN & set(name) or len(quoted) > 200:
        raise BadValue(f"Validation error in path: [collection_name: {name!r} cannot be a name here]")
    return quoted


def collection_name(directory: Path) -> str:
    return unquote(directory.name)


def shard_path(directory: Path, generation: int) -> Path:
    return directory / f"shard-{generation:06}"


def begin(directory: Path) -> None:
    """Make the directory of a collection that is not there until `save` has been called."""
    remove_tree(directory)
    directory.mkdir(parents=True)
    (directory / _UNFINISHED).touch()


def save(directory: Path, description: Description) -> None:
    """Write the description in one step, and with it the generation that counts from now on."""
    write_json(directory / DESCRIPTION, description.model_dump(mode="json", exclude_none=True))
    (directory / _UNFINISHED).unlink(missing_ok=True)
    sync_path(directory)
    sync_path(directory.parent)


def is_unfinished(directory: Path) -> bool:
    return (directory / _UNFINISHED).exists() and not (directory / DESCRIPTION).exists()


def load(directory: Path) -> Description:
    """Raises StartError if the collection is not whole."""
    path = directory / DESCRIPTION
    try:
        description = Description.model_validate(read_json(path))
    except FileNotFoundError as error:
        raise StartError(f"{path} is missing: restore it from a backup, or remove {directory}") from error
    except ValidationError as error:
        raise StartError(f"{path} is damaged: restore it from a backup") from error
    missing = set(description.files) - set(files_of(directory, description.generation))
    if missing:
        shard = shard_path(directory, description.generation)
        raise StartError(
            f"{shard} lacks {len(missing)} files, {min(missing)} first: restore it from a backup"
        )
    return description


def files_of(directory: Path, generation: int) -> list[str]:
    """The files that stay for as long as their segment does.

    Where one is gone, the engine makes an empty one in its place and answers from that without a word.
    """
    segments = shard_path(directory, generation) / "segments"
    files = (path.relative_to(segments) for path in segments.rglob("*") if path.is_file())
    return sorted(str(file) for file in files if _stays(file))


def _stays(file: Path) -> bool:
    # Flags are written to two files in turn, and the index of a payload field may be deleted.
    is_replaced = file.name.startswith("flags_") or "journal" in file.name
    return not is_replaced and (file.parts[1] != "payload_index" or file.parts[2] == "config.json")


def remove_leftovers(directory: Path, generation: int) -> None:
    """Remove half-made copies with their journals, and generations that were replaced just before a crash."""
    current = shard_path(directory, generation)
    for path in directory.iterdir():
        if path.is_dir() and path != current:
            remove_tree(path)
        elif path.name.startswith("journal-"):
            path.unlink()
