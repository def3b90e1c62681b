"""Fetches many pictures at once: a limit in all and for each host, retries, and hosts that are down let be.

An event loop in a thread of its own does the fetching. One time-out there covers a picture from its first
look-up to its last byte, and a picture that waits for its turn costs no thread.
"""

import asyncio
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import anyio
from anyio.from_thread import BlockingPortal, start_blocking_portal
from cachetools import LRUCache
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    wait_random_exponential,
)

from catalog.errors import ImageFetchError, ImageHostUnreachable, ImageTimeout
from catalog.settings import Settings
from ingest.fetch.connect import CheckedConnections, Resolver, resolve
from ingest.fetch.connections import Connections
from ingest.fetch.get import Download, Getter
from ingest.fetch.locations import locate
from ingest.fetch.rules import HostRules
from ingest.fetch.validators import Validator

T = TypeVar("T")

TRIES = 3
# A host that so many pictures in a row got nothing from is let be for so long: 40,000 time-outs take days.
DOWN_AFTER = 10
DOWN_S = 60.0
# Hosts whose state is kept; a feed may name any number.
_MAX_HOSTS = 4_096

_backoff = wait_random_exponential(multiplier=0.2, max=3)


@dataclass
class _Host:
    """`slots` bounds what is asked of it at once."""

    name: str
    slots: anyio.Semaphore
    _failures: int = 0
    _down_until: float = field(default=0.0)

    def check(self) -> None:
        left_s = self._down_until - time.monotonic()
        if left_s > 0:
            raise ImageHostUnreachable(
                f"{self.name}: has not answered {DOWN_AFTER} times in a row; not asked again for a while.",
                may_pass=True,
                retry_after_s=left_s,
            )

    def note(self, error: ImageFetchError | None) -> None:
        """What became of a picture; None: it came."""
        silent = isinstance(error, ImageHostUnreachable | ImageTimeout)
        self._failures = self._failures + 1 if silent else 0
        if self._failures >= DOWN_AFTER:
            self._down_until = time.monotonic() + DOWN_S


class Fetcher:
    """Made by `open_fetcher`. `pool` is where what came is looked at, before the next picture is fetched."""

    def __init__(self, settings: Settings, getter: Getter, portal: BlockingPortal, pool: Executor) -> None:
        self._get = getter.get
        self._portal = portal
        self._pool = pool
        self._timeout_s = settings.image_timeout_s
        self._per_host = settings.image_fetches_per_host
        self._slots = anyio.Semaphore(settings.image_fetches)
        self._hosts: LRUCache[str, _Host] = LRUCache(_MAX_HOSTS)
        self._under_way: set[Future[Any]] = set()
        self._given_up = False

    def submit(
        self, address: str, known: Validator | None, then: Callable[[Download | None], T]
    ) -> "Future[T]":
        """Fetch, and give `then` the download, or None if the picture still is the `known` one.

        The future holds what `then` returns, or ImageTooManyBytes or an ImageFetchError. `then` runs before
        another picture takes the place of this one, so that bytes never pile up.
        """
        if self._given_up:
            raise CancelledError
        future: Future[T] = self._portal.start_task_soon(self._fetch_then, address, known, then)
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        return future

    def cancel(self) -> None:
        """Give up what is under way and what is submitted later: both raise CancelledError."""
        self._given_up = True
        for future in list(self._under_way):
            future.cancel()

    async def _fetch_then(
        self, address: str, known: Validator | None, then: Callable[[Download | None], T]
    ) -> T:
        host = self._host(locate(address).host)
        async with host.slots, self._slots:
            host.check()
            try:
                download = await self._fetch(address, known)
            except ImageFetchError as error:
                host.note(error)
                raise
            host.note(None)
            return await asyncio.wrap_future(self._pool.submit(then, download))

    async def _fetch(self, address: str, known: Validator | None) -> Download | None:
        try:
            with anyio.fail_after(self._timeout_s):
                patiently = AsyncRetrying(
                    retry=retry_if_exception(self._may_pass),
                    wait=_wait_s,
                    stop=stop_after_attempt(TRIES),
                    reraise=True,
                )
                return await patiently(self._get, address, known)
        except TimeoutError as error:
            message = f"{locate(address)}: takes longer than {self._timeout_s:g} s."
            raise ImageTimeout(message, may_pass=True) from error

    def _may_pass(self, error: BaseException) -> bool:
        # A server that wants a longer pause than a picture may take is not kept waiting for.
        return (
            isinstance(error, ImageFetchError)
            and error.may_pass
            and error.retry_after_s < self._timeout_s / TRIES
        )

    def _host(self, name: str) -> _Host:
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = _Host(name, anyio.Semaphore(self._per_host))
        return host


def _wait_s(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return _backoff(state) + (error.retry_after_s if isinstance(error, ImageFetchError) else 0.0)


@contextmanager
def open_fetcher(
    settings: Settings,
    pool: Executor,
    resolver: Resolver = resolve,
    ssl_context: ssl.SSLContext | None = None,
) -> Iterator[Fetcher]:
    """A fetcher with the limits of the settings; what is under way at the end is cancelled."""
    rules = HostRules.of(settings)
    with start_blocking_portal(backend="asyncio", name="fetch") as portal:
        network = CheckedConnections(rules.may_be_private, resolver)
        connections = Connections(network, ssl_context, settings.image_fetches)
        getter = Getter(connections, rules, settings.max_image_bytes, settings.image_timeout_s / TRIES)
        fetcher = Fetcher(settings, getter, portal, pool)
        try:
            yield fetcher
        finally:
            fetcher.cancel()
            portal.call(connections.aclose)
