"""The writes since an optimiser's copy was made, in order, on disk: they can be more than fits in memory."""

import logging
import struct
from collections.abc import Iterator
from pathlib import Path

_HEAD = struct.Struct("<HI")  # bytes of the target, bytes of the body
_log = logging.getLogger(__name__)


class Journal:
    """Appended to and read from in turn. Lost in a crash, and not missed: the copy it belongs to is, too."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer = path.open("wb")
        self._reader = path.open("rb")
        self.unread = 0
        self.is_complete = True

    def append(self, target: str, body: bytes) -> None:
        """Never raises: a journal that could not take a write is not complete, and the copy of no use."""
        encoded = target.encode()
        try:
            self._writer.write(_HEAD.pack(len(encoded), len(body)) + encoded + body)
        except OSError as error:
            if self.is_complete:
                _log.warning("%s cannot be written (%s): the optimised copy is dropped", self._path, error)
            self.is_complete = False
        self.unread += 1

    def read(self) -> Iterator[tuple[str, bytes]]:
        """The writes that were not read yet, as far as they were appended when this was called."""
        self._writer.flush()
        for _ in range(self.unread):
            target_size, body_size = _HEAD.unpack(self._reader.read(_HEAD.size))
            self.unread -= 1
            yield self._reader.read(target_size).decode(), self._reader.read(body_size)

    def remove(self) -> None:
        self._reader.close()
        try:
            self._writer.close()
        except OSError:
            _log.debug("the rest of %s was not written", self._path)
        self._path.unlink(missing_ok=True)
