"""Files that are whole or absent: atomic replacement, and what it takes to survive a power cut."""

import os
import shutil
from pathlib import Path
from typing import Any

import orjson

from vectorstore.errors import StartError


def sync_path(path: Path) -> None:
    """fsync one file or directory. Also writes out what was changed through a memory map of the file."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_tree(root: Path) -> None:
    """fsync every file and directory below `root`, and `root` itself."""
    for directory, _, names in os.walk(root):
        for name in names:
            sync_path(Path(directory, name))
        sync_path(Path(directory))


def write_json(path: Path, content: Any) -> None:
    """Replace the file in one step: after a power cut it holds the old content or the new, never half."""
    temporary = path.with_name(path.name + ".new")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    with os.fdopen(fd, "wb") as file:
        file.write(orjson.dumps(content, option=orjson.OPT_INDENT_2))
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    sync_path(path.parent)


def read_json(path: Path) -> Any:
    """The content. Raises StartError if the file is damaged, FileNotFoundError if there is none."""
    try:
        return orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise StartError(f"{path} is damaged ({error}): restore it from a backup") from error


def remove_tree(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)


def tree_bytes(root: Path) -> int:
    """Bytes on disk below `root`: the engine's files have holes, so not the sum of their lengths."""
    total = 0
    for directory, _, names in os.walk(root):
        for name in names:
            try:
                total += os.stat(Path(directory, name)).st_blocks * 512
            except FileNotFoundError:  # removed since it was listed
                continue
    return total
