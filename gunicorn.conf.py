"""How gunicorn serves the API: `gunicorn` in the repository's root reads this file by itself."""

import gc
import importlib
import os
import shutil
import socket
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

# gunicorn reads this file before it puts the checkout on the module path.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from service.admission import THREADS
from service.gunicorn_worker import ClosingWorker

wsgi_app = "service.app:create_app()"
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"

# As many worker processes as WEB_CONCURRENCY says, which gunicorn reads itself; 1 without it. Each holds
# the model, which its threads share.
worker_class = ClosingWorker
threads = THREADS

# A worker is silent while it loads the model, and a large CLIP on a slow disk takes its time.
timeout = 120
graceful_timeout = 30

# Longer than proxies and load balancers keep a connection that nobody uses (60 s, as a rule): they close it,
# and no request is lost to one that closes under it. An open connection without a request holds no thread.
keepalive = 75

# 512 characters of a search percent-encode to 6144 bytes; this is the most that gunicorn takes.
limit_request_line = 8190

# Threads do not survive a fork: PyTorch's hang in every worker, and so would those that embed pictures.
preload_app = False

# Its default place, one file in the home folder, would be shared by every gunicorn of this account.
control_socket_disable = True

# service/request_log.py writes a line per request, with its id.
accesslog = None

# Where the workers keep their figures for GET /metrics (service/metrics.py), which prometheus_client reads.
_METRICS_DIR = "PROMETHEUS_MULTIPROC_DIR"


class OwnLines(Logger):
    """gunicorn's own lines in the form that LOG_FORMAT asks for."""

    def setup(self, cfg: Any) -> None:
        from catalog.errors import SettingInvalid
        from catalog.log import formatter
        from catalog.settings import read_settings

        super().setup(cfg)
        try:
            lines = formatter(read_settings().log_format)
        except SettingInvalid:
            return  # on_starting says so
        for handler in self.error_log.handlers:
            handler.setFormatter(lines)


logger_class = OwnLines


def on_starting(arbiter: Any) -> None:
    """Say in one line what would stop every worker, before the first one is started."""
    from catalog.allocator import return_memory_early
    from catalog.errors import CatalogError
    from catalog.settings import read_settings

    return_memory_early()  # the workers inherit it
    try:
        settings = read_settings()
    except CatalogError as error:
        sys.exit(f"gunicorn: {error}")
    if not settings.api_keys:
        for address in arbiter.cfg.address:
            _check_loopback(address)
    if "GUNICORN_FD" not in os.environ:  # else a running gunicorn hands its socket over
        for address in arbiter.cfg.address:
            _check_free(address)
    _check_model()  # last: what is told at once is told first
    # A folder of this master's own: what an earlier one has left, or an older one still writes, is not ours.
    arbiter.metrics_dir = os.environ[_METRICS_DIR] = tempfile.mkdtemp(prefix="vitrine-metrics-")


def post_worker_init(worker: Any) -> None:
    """What is loaded by now stays: the garbage collector, which would look through all of it every few
    requests and take a tenth of their time (measured), is to look at what comes after only."""
    gc.collect()
    gc.freeze()


def child_exit(arbiter: Any, worker: Any) -> None:
    """A worker that has ended has no requests in progress; what it counted stays in the sums."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)


def on_exit(arbiter: Any) -> None:
    if hasattr(arbiter, "metrics_dir"):  # else it did not get that far
        shutil.rmtree(arbiter.metrics_dir, ignore_errors=True)


# What is large and comes to no harm by a fork is imported once, and not in each worker: what the check needs,
# and the rest while it is under way. No code of ours, which a HUP should load anew; nor prometheus_client,
# which looks for its folder when it is imported.
_LIBRARIES = ("numpy", "PIL.Image", "pydantic", "httptools", "cachetools", "filelock", "tokenizers")
_MORE_LIBRARIES = (
    "flask", "huey.api", "redis", "flask_limiter", "flask_cors", "flask_compress", "httpcore", "jinja2.ext",
    "cykooz_resizer", "orjson", "babel.numbers", "gunicorn.workers.gthread",
)  # fmt: skip


def _check_model() -> None:
    """Fetch and export a model that is not here yet: once, and outside the workers' time-out.

    In a process of its own: a worker that is forked after ONNX Runtime was imported dies of it when it ends.
    """
    from catalog.quick_imports import models_wait

    with models_wait():
        importlib.import_module("qdrant_client")
    for name in _LIBRARIES:
        importlib.import_module(name)
    checking = os.fork()
    if checking == 0:
        os._exit(_checked())
    for name in _MORE_LIBRARIES:
        importlib.import_module(name)
    _, status = os.waitpid(checking, 0)
    if status:
        sys.exit(1)


def _checked() -> int:
    """The exit code; what is wrong is written in one line."""
    try:
        from catalog.checking import check
        from catalog.errors import CatalogError
        from catalog.log import set_up_logging
        from catalog.settings import read_settings

        settings = read_settings()
        set_up_logging(settings.log_level, settings.log_format)
        try:
            check(settings)
        except CatalogError as error:
            sys.stderr.write(f"gunicorn: {error}\n")
            return 1
        return 0
    except BaseException:  # nothing may go on from here as if it were the master
        traceback.print_exc()
        return 1
    finally:
        sys.stderr.flush()


def _check_loopback(address: Any) -> None:
    """Others could search, and later write, if the service stood open to them without keys."""
    from catalog.loopback import on_loopback

    host = address[0] if isinstance(address, tuple) else str(address)
    if host != "localhost" and not on_loopback(host):
        sys.exit(
            f"gunicorn: without API_KEYS others must not reach this service, but HOST is {host}: "
            "set API_KEYS, or HOST to 127.0.0.1."
        )


def _check_free(address: Any) -> None:
    """gunicorn itself would try a taken port five times, with two lines each."""
    if not isinstance(address, tuple):
        return
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            where = f"{address[0]} port {address[1]}"
            sys.exit(f"gunicorn: cannot listen on {where} ({reason}): set PORT or HOST.")
