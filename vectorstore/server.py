"""The process: lock, socket, store, HTTP server, and an orderly end."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Iterator
from multiprocessing.context import ForkServerContext

import uvicorn
import uvloop

from vectorstore.app import App
from vectorstore.errors import StartError
from vectorstore.lock import DirectoryLock
from vectorstore.optimiser import Optimiser
from vectorstore.settings import Settings
from vectorstore.shard_process import warm_up
from vectorstore.store import Store

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
    context = warm_up()
    host, port = listener.getsockname()[:2]
    address = f"http://{host}:{port}"
    lock.announce(address)
    if settings.host not in _LOOPBACK and settings.api_key is None:
        _log.warning("listening on %s without a key: everybody who reaches it can change everything", address)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, context, listener, address))
    lock.release()


async def _serve(
    settings: Settings, context: ForkServerContext, listener: socket.socket, address: str
) -> None:
    store = Store(settings.path, context, settings.indexing_threshold_kb, settings.min_free_disk_bytes)
    try:
        await store.open()
        listener.listen(1024)
        _log.info("serving %s on %s, %d collections", settings.path, address, len(store.collections))
        async with Optimiser(store, context, settings):
            await _Server(_http_settings(App(store, settings))).serve(sockets=[listener])
    finally:
        await store.close()
    _log.info("stopped: everything is flushed")


def _http_settings(app: App) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="httptools",
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level=logging.WARNING,
        server_header=False,
        timeout_keep_alive=75,  # longer than any client's, or a call could meet a closing connection
        timeout_graceful_shutdown=_DRAIN_S,
    )


def _bound(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise StartError(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}") from error
    return listener
