"""The file of a multipart upload, written to disk as it comes in: it can be larger than the memory."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import IO, Any

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from vectorstore.errors import BadRequest, CallerGone, DiskFull

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class _OneFile:
    """Takes the content of the field `name` out of a form; other fields are passed over."""

    def __init__(self, name: bytes, target: IO[bytes]) -> None:
        self._name = name
        self._target = target
        self._header = b""
        self._value = b""
        self._is_ours = False
        self.is_whole = False

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._add_field,
            "on_header_value": self._add_value,
            "on_header_end": self._end_header,
            "on_part_data": self._write,
            "on_part_end": self._end,
        }

    def _begin(self) -> None:
        self._is_ours = False

    def _add_field(self, content: bytes, start: int, end: int) -> None:
        self._header += content[start:end]

    def _add_value(self, content: bytes, start: int, end: int) -> None:
        self._value += content[start:end]

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._is_ours = parse_options_header(self._value)[1].get(b"name") == self._name
        self._header = self._value = b""

    def _write(self, content: bytes, start: int, end: int) -> None:
        if self._is_ours:
            self._target.write(memoryview(content)[start:end])

    def _end(self) -> None:
        self.is_whole = self.is_whole or self._is_ours


async def save_field(name: str, content_type: bytes, receive: Receive, target: Path) -> None:
    """Write the file that is sent in that field. Raises BadRequest, and DiskFull."""
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise BadRequest(f"Bad request: send the file as multipart/form-data, in the field `{name}`")
    try:
        with target.open("wb") as file:
            wanted = _OneFile(name.encode(), file)
            parser = MultipartParser(options[b"boundary"], wanted.callbacks())
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise CallerGone
                await asyncio.to_thread(parser.write, message.get("body", b""))
                more = message.get("more_body", False)
    except FormParserError as error:
        raise BadRequest("Bad request: this is no multipart/form-data") from error
    except OSError as error:
        raise DiskFull(f"No space left for the upload: {error.strerror}") from error
    if not wanted.is_whole:
        raise BadRequest(f"Bad request: the field `{name}` is missing, or ends early")
