"""Feeds by address: fetched whole to a temporary file first, so that half a feed is never taken for one.

The operator names them, so unlike a picture's address one may lead to a private host.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import httpx

from catalog.settings import Settings
from ingest.feeds.rows import FeedUnreadable
from ingest.fetch.locations import without_credentials

MAX_REDIRECTS = 5
# Longest silence of a server. The whole fetch has `timeout_s`.
_SILENCE_S = 30.0


@dataclass(frozen=True)
class FetchLimits:
    """`max_bytes` as they come over the wire, `max_unpacked_bytes` as a gzipped feed unpacks to, from
    wherever it comes; `timeout_s` for all of a feed."""

    max_bytes: int = 2_000_000_000
    max_unpacked_bytes: int = 20_000_000_000
    timeout_s: float = 600.0


def fetch_limits(settings: Settings) -> FetchLimits:
    return FetchLimits(settings.max_feed_bytes, settings.max_feed_unpacked_bytes, settings.feed_timeout_s)


def fetch(address: str, limits: FetchLimits) -> BinaryIO:
    """What stands there, as an unnamed file that is gone once it is closed. Raises FeedUnreadable."""
    deadline = time.monotonic() + limits.timeout_s
    shown = without_credentials(address)
    spool = tempfile.TemporaryFile()
    try:
        with _answer(address, limits.timeout_s) as response:
            received = 0
            for part in response.iter_raw():  # a gzipped answer is unzipped as a gzipped file is
                received += len(part)
                if received > limits.max_bytes:
                    raise FeedUnreadable(f"{shown}: has more than MAX_FEED_BYTES={limits.max_bytes} bytes.")
                if time.monotonic() > deadline:
                    raise FeedUnreadable(f"{shown}: took longer than FEED_TIMEOUT_S={limits.timeout_s:g}.")
                spool.write(part)
    except BaseException:
        spool.close()
        raise
    spool.seek(0)
    return spool


def seen_as(address: str, limits: FetchLimits, before: str | None) -> str | None:
    """What tells one version of the feed from another, `before` if it is unchanged; None: nothing does.

    Only the head of the answer is read. Raises FeedUnreadable.
    """
    etag = before if before and before.startswith(('"', "W/")) else None
    conditional = {"If-None-Match": etag} if etag else {"If-Modified-Since": before} if before else {}
    with _answer(address, limits.timeout_s, conditional) as response:
        if response.status_code == httpx.codes.NOT_MODIFIED:
            return before
        mark: str | None = response.headers.get("ETag") or response.headers.get("Last-Modified")
        return mark


@contextmanager
def _answer(
    address: str, timeout_s: float, headers: dict[str, str] | None = None
) -> Iterator[httpx.Response]:
    shown = without_credentials(address)
    timeout = httpx.Timeout(min(timeout_s, _SILENCE_S))
    wanted = {"Accept-Encoding": "gzip", "User-Agent": "vitrine-ingest", **(headers or {})}
    try:
        with (
            httpx.Client(timeout=timeout, follow_redirects=True, max_redirects=MAX_REDIRECTS) as client,
            client.stream("GET", address, headers=wanted) as response,
        ):
            if response.status_code != httpx.codes.NOT_MODIFIED and not response.is_success:
                raise FeedUnreadable(f"{shown}: the server answered {response.status_code}.")
            if response.headers.get("Content-Encoding", "identity") not in ("identity", "gzip", "x-gzip"):
                raise FeedUnreadable(f"{shown}: is encoded in a way that was not asked for.")
            yield response
    except httpx.TimeoutException as error:
        raise FeedUnreadable(f"{shown}: the server was silent for too long.") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise FeedUnreadable(f"{shown}: cannot be fetched ({type(error).__name__}).") from error
