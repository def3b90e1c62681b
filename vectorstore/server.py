"""The process: lock, socket, store, HTTP server, and an orderly end."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Iterator

import uvicorn
import uvloop

from vectorstore.app import App
from vectorstore.errors import StartError
from vectorstore.lock import DirectoryLock
from vectorstore.settings import Settings
from vectorstore.store import Store
from vectorstore.upkeep import Upkeep

_log = logging.getLogger(__name__)
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_DRAIN_S = 20


class _Server(uvicorn.Server):
    """uvicorn, but a SIGTERM ends in a return: uvicorn would raise the signal again, and we exit with 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises StartError."""
    lock = DirectoryLock(settings.path)
    listener = _bound(settings)
    host, port = listener.getsockname()[:2]
    address = f"http://{host}:{port}"
    lock.announce(address)
    if settings.host not in _LOOPBACK and settings.api_key is None:
        _log.warning("listening on %s without a key: everybody who reaches it can change everything", address)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(settings, listener, address))
    finally:
        lock.release()


async def _serve(settings: Settings, listener: socket.socket, address: str) -> None:
    store = Store(settings.path, settings.indexing_threshold_kb, settings.min_free_disk_bytes)
    upkeep = Upkeep(store)
    config = uvicorn.Config(
        App(store, settings),
        http="httptools",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=75,  # longer than any client's, or a client's call could meet a closing connection
        timeout_graceful_shutdown=_DRAIN_S,
    )
    server = _Server(config)
    _log.info("serving %s on %s, %d collections", settings.path, address, len(store.collections))
    try:
        async with upkeep:
            await server.serve(sockets=[listener])
    finally:
        store.close()
        _log.info("stopped: everything is flushed")


def _bound(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise StartError(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}") from error
    return listener
