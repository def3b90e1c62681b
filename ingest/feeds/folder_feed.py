"""A folder of pictures as a feed: a file is an item, its sub-folder the category."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from catalog.images import SUFFIXES
from ingest.feeds.columns import NO_CATEGORY
from ingest.feeds.rows import Row


def read_folder(folder: Path) -> Iterator[Row]:
    """A row for each file that is named like a picture, in the order of their paths; hidden ones left out.

    The id is the path within the folder, so the same file is the same item next time.
    """
    for directory, subdirectories, files in os.walk(folder):
        subdirectories[:] = sorted(name for name in subdirectories if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and name.lower().endswith(SUFFIXES):
                yield _row((Path(directory) / name).relative_to(folder))


def _row(path: Path) -> Row:
    category = path.parent.as_posix() if path.parent.name else NO_CATEGORY
    title = re.sub(r"[\W_]+", " ", path.stem).strip() or path.name
    identifier = path.as_posix()
    return Row(identifier, {"id": identifier, "title": title, "category": category, "images": [identifier]})
