"""Snapshots of a collection, by Qdrant's REST calls: made and fetched, and made into a collection again.

Not by qdrant-client, which reads a whole answer into memory.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import quote

import httpx

from catalog.errors import IndexTimeout, IndexUnavailable
from catalog.index_errors import refusal, silent, too_late
from catalog.logins import login_headers, without_login

# A store copies all of a collection before it answers, and a large one takes its time.
_LONGEST_S = 4 * 3600.0
_CONNECT_S, _SILENCE_S = 10.0, 120.0
_CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Snapshot:
    """`checksum`: SHA-256 in hex, None from a store that says none."""

    collection: str
    name: str
    size: int
    checksum: str | None


@dataclass(frozen=True)
class Shards:
    """The numbers of a collection's shards: those that the asked node holds, and all."""

    here: frozenset[int]
    all: frozenset[int]


class Node:
    """One node of the store. Raises IndexUnavailable, IndexTimeout and IndexRefused."""

    def __init__(self, url: str, api_key: str | None) -> None:
        self.url = without_login(url).rstrip("/")
        self._headers = login_headers(url) | ({"api-key": api_key} if api_key else {})

    def shards(self, collection: str) -> Shards:
        found = self._json("GET", self._path(collection, "cluster"))
        here = frozenset(int(one["shard_id"]) for one in found["local_shards"])
        elsewhere = frozenset(int(one["shard_id"]) for one in found["remote_shards"])
        return Shards(here, here | elsewhere)

    @contextmanager
    def snapshot(self, collection: str) -> Iterator[Snapshot]:
        """A new snapshot, which is deleted at the end. What was acknowledged before is in it."""
        made = self._json("POST", self._path(collection, "snapshots"), params={"wait": "true"})
        snapshot = Snapshot(collection, made["name"], made["size"], made.get("checksum"))
        try:
            yield snapshot
        finally:
            self._json("DELETE", self._path(collection, "snapshots", snapshot.name), params={"wait": "true"})

    def content(self, snapshot: Snapshot) -> Iterator[bytes]:
        """Chunk by chunk."""
        path = self._path(snapshot.collection, "snapshots", snapshot.name)
        with _translated(self.url), self._client(_SILENCE_S) as client, client.stream("GET", path) as answer:
            _check(answer, self.url)
            yield from answer.iter_bytes(_CHUNK_BYTES)

    def recover(self, collection: str, content: IO[bytes], checksum: str) -> None:
        """Make the collection of a snapshot's content. Raises CollectionExists if it is there."""
        path = self._path(collection, "snapshots", "upload")
        # The snapshot counts, and not what other nodes may hold of a collection of this name.
        params = {"wait": "true", "priority": "snapshot", "checksum": checksum}
        self._json("POST", path, params=params, files={"snapshot": ("backup.snapshot", content)})

    def _json(self, method: str, path: str, **options: Any) -> Any:
        with _translated(self.url), self._client(_LONGEST_S) as client:
            answer = client.request(method, path, **options)
            _check(answer, self.url)
            return answer.json()["result"]

    def _client(self, silence_s: float) -> httpx.Client:
        timeout = httpx.Timeout(_SILENCE_S, connect=_CONNECT_S, read=silence_s)
        return httpx.Client(headers=self._headers, timeout=timeout, trust_env=False)

    def _path(self, collection: str, *below: str) -> str:
        parts = ("collections", collection, *below)
        return "/".join([self.url, *(quote(part, safe="") for part in parts)])


def _check(answer: httpx.Response, url: str) -> None:
    if answer.status_code != 200:
        raise refusal(answer.status_code, url)


@contextmanager
def _translated(url: str) -> Iterator[None]:
    try:
        yield
    except httpx.TimeoutException as error:
        raise (silent(url) if isinstance(error, httpx.ConnectTimeout) else too_late(url)) from error
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, IndexUnavailable | IndexTimeout):
            raise
        raise silent(url) from error
