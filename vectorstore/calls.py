"""One HTTP call, taken apart: what the routes get to see."""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from vectorstore.errors import BadRequest
from vectorstore.store import Store

# Hints that change how fast or how consistent a cluster answers, and nothing of one machine's answer.
_HINTS = {"timeout", "consistency", "ordering"}


@dataclass(frozen=True)
class Call:
    store: Store
    method: str
    parts: tuple[str, ...]
    """The path's segments, unquoted: `("collections", "items", "points", "query")`."""
    query_string: bytes
    body: bytes
    started_s: float

    @property
    def collection_name(self) -> str:
        return self.parts[1]

    @property
    def target(self) -> str:
        """Method and path below the collection: `POST points/query`."""
        return f"{self.method} {'/'.join(self.parts[2:])}"

    def waits(self) -> bool:
        """The query parameter `wait`. Raises BadRequest for a parameter that nobody knows."""
        if not self.query_string:
            return False
        given = dict(parse_qsl(self.query_string.decode("latin-1"), keep_blank_values=True))
        wait = given.pop("wait", "false")
        if unknown := given.keys() - _HINTS:
            raise BadRequest(f"Wrong input: unknown query parameter `{min(unknown)}`")
        if wait not in ("true", "false"):
            raise BadRequest("Wrong input: `wait` must be true or false")
        return wait == "true"
