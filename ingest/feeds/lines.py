"""Lines of a stream, none of them so long that it would fill the memory."""

from collections.abc import Iterator
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

    A line that is too long becomes one that no CSV reader takes for a whole row.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._taken: list[str] = []

    def __iter__(self) -> "TextLines":
        return self

    def __next__(self) -> str:
        line = self._stream.readline(MAX_LINE_BYTES + 1)
        if not line:
            raise StopIteration
        if len(line) > MAX_LINE_BYTES:
            end = line
            while end and not end.endswith(("\n", "\r")):
                end = self._stream.readline(MAX_LINE_BYTES)
            line = line[:1_000] + '…"…"\n'
        self._taken.append(line)
        return line

    def row(self) -> str:
        """The lines since it was last asked."""
        text = "".join(self._taken)
        self._taken.clear()
        return text
