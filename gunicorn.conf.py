"""How gunicorn serves the API: `gunicorn` in the repository's root reads this file by itself."""

import os
import socket
import sys
from typing import Any

wsgi_app = "service.app:create_app()"
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"

# As many worker processes as WEB_CONCURRENCY says, which gunicorn reads itself; 1 without it. Each holds
# the model, which its threads share.
worker_class = "gthread"
threads = 8

# A worker is silent while it loads the model, and a large CLIP on a slow disk takes its time.
timeout = 120
graceful_timeout = 30

# 512 characters of a search percent-encode to 6144 bytes; this is the most that gunicorn takes.
limit_request_line = 8190

# Threads do not survive a fork: PyTorch's hang in every worker, and so would those that embed pictures.
preload_app = False

# Its default place, one file in the home folder, would be shared by every gunicorn of this account.
control_socket_disable = True

# service/request_log.py writes a line per request, with its id.
accesslog = None


def on_starting(arbiter: Any) -> None:
    """Say in one line what would stop every worker, before the first one is started."""
    # Here and not above: gunicorn reads this file before it puts the checkout on the module path.
    from catalog.allocator import return_memory_early
    from catalog.encoder import open_encoder
    from catalog.errors import CatalogError
    from catalog.settings import read_settings

    return_memory_early()  # the workers inherit it
    try:
        # Fetches and exports a model that is not here yet: once, and outside the workers' time-out. Opened
        # only: it is each worker that loads it.
        open_encoder(read_settings())
    except CatalogError as error:
        sys.exit(f"gunicorn: {error}")
    if "GUNICORN_FD" not in os.environ:  # else a running gunicorn hands its socket over
        for address in arbiter.cfg.address:
            _check_free(address)


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
