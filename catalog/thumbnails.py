"""Small copies of ingested pictures, named by the content of the original, for shops and the search page."""

import os
import tempfile
from pathlib import Path

from PIL import Image


def thumbnail_path(folder: Path, sha256: str) -> Path:
    """Where the thumbnail of the picture with that SHA-256 lies; two letters a folder keep folders small."""
    return folder / sha256[:2] / f"{sha256}.webp"


def write_thumbnail(picture: Image.Image, path: Path, side_px: int) -> None:
    """Write the RGB picture, shrunk to `side_px` on its longer side, as WebP; whole or not at all."""
    small = picture.copy()
    small.thumbnail((side_px, side_px), Image.Resampling.LANCZOS)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Aside and renamed: a reader never sees half a file, and two writers of one picture cannot clash.
    handle, aside = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            small.save(file, "WEBP", quality=82, method=2)
        os.chmod(aside, 0o644)  # mkstemp's 0600 would hide it from a web service under another user
        os.replace(aside, path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
