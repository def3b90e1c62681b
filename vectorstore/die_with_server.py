"""A child process ends when its server does: nothing writes to a directory that another server may take."""

import fcntl
import multiprocessing
import os
import signal


def die_with_server() -> None:
    """Have the kernel kill this process when the server that asked for it is gone, however it went.

    PR_SET_PDEATHSIG would watch the process that this one was forked from, which outlives a killed server
    for as long as any of its children does. So the pipe whose other end the server holds is watched: at its
    end the kernel sends the signal that F_SETSIG asks for (fcntl(2) of Linux), whatever the process is doing.
    Elsewhere the end of a shard's socket says the same, later.
    """
    server = multiprocessing.parent_process()
    if server is None:
        raise RuntimeError("only a child process has a server to die with")
    if hasattr(fcntl, "F_SETSIG"):
        sentinel = int(server.sentinel)
        fcntl.fcntl(sentinel, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(sentinel, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(sentinel, fcntl.F_SETFL, fcntl.fcntl(sentinel, fcntl.F_GETFL) | os.O_ASYNC)
    if not server.is_alive():  # it went before the kernel was told
        os._exit(1)
