"""Lines of a stream, none of them so long that it would fill the memory."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import BinaryIO, TextIO

MAX_LINE_BYTES = 4_000_000


def byte_lines(stream: BinaryIO) -> Iterator[bytes | None]:
    """The lines; None for one that is too long, which is passed over without being held in memory."""
    while line := stream.readline(MAX_LINE_BYTES + 1):
        if len(line) <= MAX_LINE_BYTES:
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(MAX_LINE_BYTES)
        yield None


class TextLines:
    """The lines for a CSV reader, which remembers those of the row that it is reading.

    A line that is too long becomes one that no CSV reader takes for a whole row. `number`: of the last line
    that was taken, from 1.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._taken: list[str] = []
        self._again: deque[str] = deque()
        self.number = 0

    def __iter__(self) -> "TextLines":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._read()
        if not line:
            raise StopIteration
        self._taken.append(line)
        self.number += 1
        return line

    def _read(self) -> str:
        line = self._stream.readline(MAX_LINE_BYTES + 1)
        if len(line) > MAX_LINE_BYTES:
            end = line
            while end and not end.endswith(("\n", "\r")):
                end = self._stream.readline(MAX_LINE_BYTES)
            line = line[:1_000] + '…"…"\n'
        return line

    def peek(self) -> str:
        """The next line, empty at the end; it is read again."""
        line = next(self, "")
        self._give_back(len(self._taken) - 1 if line else len(self._taken))
        return line

    def end_row_before(self, is_row: Callable[[str], bool]) -> None:
        """Have the row end before the first line behind its first that `is_row`; from there on they are read
        again. Without one it stays as it is."""
        later = range(1, len(self._taken))
        self._give_back(next((n for n in later if is_row(self._taken[n])), len(self._taken)))

    def _give_back(self, start: int) -> None:
        self._again.extendleft(reversed(self._taken[start:]))
        self.number -= len(self._taken) - start
        del self._taken[start:]

    def row(self) -> str:
        """The lines since it was last asked."""
        text = "".join(self._taken)
        self._taken.clear()
        return text
