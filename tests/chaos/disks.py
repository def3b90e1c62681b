"""Small file systems that can be filled up, where this user may mount one."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Disk:
    """A tmpfs at `path`; a plain folder where none may be mounted, which then cannot be filled."""

    def __init__(self, path: Path, is_own: bool) -> None:
        self.path = path
        self.is_own = is_own
        self._ballast = path / "ballast"

    def fill(self, left_bytes: int) -> None:
        with contextlib.suppress(OSError):  # others write, too: the last byte may be taken
            with self._ballast.open("wb") as ballast:
                left = shutil.disk_usage(self.path).free - left_bytes
                while left > 0:
                    left -= ballast.write(bytes(min(left, 1 << 20)))
                    ballast.flush()

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)


@contextmanager
def disk(path: Path, megabytes: int) -> Iterator[Disk]:
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(path)]
    is_own = shutil.which("mount") is not None and not subprocess.run(command, capture_output=True).returncode
    try:
        yield Disk(path, is_own)
    finally:
        if is_own:
            subprocess.run(["umount", "--lazy", str(path)], check=True)
