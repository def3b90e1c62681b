"""One owner per directory: a lock taken before the engine touches anything."""

import fcntl
import os
from pathlib import Path

from vectorstore.errors import StartError

_FILE = "owner.lock"


class DirectoryLock:
    """Held from its creation to `release()`, or to the death of the process.

    Raises StartError, naming the holder, if another process has it.
    """

    def __init__(self, directory: Path) -> None:
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(directory / _FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StartError(f"cannot write to {directory}: {error.strerror}") from error
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._fd, 200, 0).decode(errors="replace").strip() or "another process"
            os.close(self._fd)
            raise StartError(
                f"{directory} is already served by {holder}: use that one, or stop it"
            ) from error

    def announce(self, address: str) -> None:
        """Write down who holds the lock, for a second start to say."""
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"process {os.getpid()} on {address}\n".encode(), 0)

    def release(self) -> None:
        os.ftruncate(self._fd, 0)
        os.close(self._fd)
