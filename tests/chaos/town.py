"""A whole shop: Redis, store, web service and workers as programs, with a link between any two that talk."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.clock import Clock, clock_library
from tests.chaos.disks import Disk, disk
from tests.chaos.programs import Program
from tests.chaos.proxy import Link, links
from tests.processes import free_port
from tests.pushing import Pictures
from tests.redis_server import redis_command

ALIAS = "chaos"
_STORE_MB, _STATE_MB = 320, 120
# Of a request for all its calls to the store: soon enough for a customer, and for a fault to be told of.
_STORE_TIMEOUT_S = 3


@dataclass
class Town:
    """`environ`: of an ingest that is run by hand, with the links of the worker."""

    url: str
    pictures: Pictures
    programs: dict[str, Program]
    links: dict[str, Link]
    disks: dict[str, Disk]
    clocks: dict[str, Clock]
    environ: dict[str, str]
    folder: Path
    logs: dict[str, Path]


@contextmanager
def town(folder: Path, pictures: Pictures, seed: int, with_redis: bool) -> Iterator[Town]:
    """Everything is running, or on its way; stopped at the end."""
    with ExitStack() as stack:
        disks = {
            "store": stack.enter_context(disk(folder / "store-disk", _STORE_MB)),
            "state": stack.enter_context(disk(folder / "state-disk", _STATE_MB)),
        }
        ports = {name: free_port() for name in ("store", "redis", "web")}
        targets = {f"{who} to store": ports["store"] for who in ("web", "worker")}
        if with_redis:
            targets |= {f"{who} to redis": ports["redis"] for who in ("web", "worker")}
        passages = stack.enter_context(links(targets, seed))
        environs = {who: _environ(who, passages, disks, ports, pictures) for who in ("web", "worker")}
        commands = _commands(disks, ports, with_redis)
        clocks = _clocks(folder, list(commands))
        programs = {
            name: Program(
                name, command, _with_clock(environs.get(name, {}), clocks.get(name)), folder / f"{name}.log"
            )
            for name, command in commands.items()
        }
        for program in programs.values():
            stack.callback(program.stop)
            program.start()
        url = f"http://127.0.0.1:{ports['web']}"
        logs = {name: program.log for name, program in programs.items()}
        yield Town(url, pictures, programs, passages, disks, clocks, environs["worker"], folder, logs)


def _environ(
    who: str, passages: dict[str, Link], disks: dict[str, Disk], ports: dict[str, int], pictures: Pictures
) -> dict[str, str]:
    assert pictures.server is not None
    environ = {
        "QDRANT_URL": f"http://127.0.0.1:{passages[f'{who} to store'].port}", "INDEX_ALIAS": ALIAS,
        "QDRANT_TIMEOUT_S": str(_STORE_TIMEOUT_S), "PORT": str(ports["web"]), "WEB_CONCURRENCY": "1",
        "STATE_DIR": str(disks["state"].path / "state"), "RATE_LIMIT": "off", "WRITE_RETRY_S": "0.5",
        "THUMBNAIL_DIR": str(disks["state"].path / "thumbnails"), "ENCODER_THREADS": "1",
        "IMAGE_PRIVATE_HOSTS": "127.0.0.1", "IMAGE_PORTS": str(pictures.server.port),
    }  # fmt: skip
    if f"{who} to redis" in passages:
        environ["REDIS_URL"] = f"redis://127.0.0.1:{passages[f'{who} to redis'].port}/0"
    return environ


def _commands(disks: dict[str, Disk], ports: dict[str, int], with_redis: bool) -> dict[str, list[str]]:
    python = [sys.executable, "-m"]
    path = str(disks["store"].path / "store")
    commands = {
        "store": [*python, "vectorstore", "--path", path, "--port", str(ports["store"])],
        "web": [*python, "gunicorn"],
        "worker": [*python, "ingest", "work"],
    }
    if with_redis:
        home = disks["state"].path / "redis"
        home.mkdir()
        commands["redis"] = redis_command(ports["redis"], home)
    return commands


def _clocks(folder: Path, names: list[str]) -> dict[str, Clock]:
    library = clock_library(folder)
    return {name: Clock(library, folder / f"{name}.clock") for name in names} if library else {}


def _with_clock(environ: dict[str, str], clock: Clock | None) -> dict[str, str]:
    return environ | (clock.environ if clock is not None else {})
