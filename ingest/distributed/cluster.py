"""A Ray to run on: the cluster of RAY_ADDRESS, or one of this machine for as long as the run lasts."""

import logging
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from catalog.errors import CatalogError, SettingInvalid
from catalog.settings import Settings

# Else Ray sends figures on its use to its makers, and its C++ part logs to the terminal.
_ENVIRONMENT = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_BACKEND_LOG_LEVEL": "fatal"}
# Shards wait for a worker in this much memory; what is beyond it waits to be read.
_OBJECT_STORE_BYTES = 512_000_000
# What reading the feeds takes of the machine that the run was started on.
READER_CPUS = 0.5


class EngineUnavailable(CatalogError):
    """Ray is not installed, or the cluster does not answer."""

    code = "engine_unavailable"


@dataclass(frozen=True)
class Share:
    """How many workers there are, and what each has of its machine."""

    workers: int
    cpus: float
    gpus: float
    threads: int


def import_ray() -> Any:
    """The package, told to keep to itself. Raises EngineUnavailable."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    try:
        import ray.data
    except ImportError as error:
        raise EngineUnavailable(
            "--engine ray: Ray is not installed; pip install -r requirements-ray.txt."
        ) from error
    for name in ("ray", "ray.data"):  # they tell of their plans at length
        logging.getLogger(name).setLevel(logging.ERROR)
    return ray


@contextmanager
def started(ray: Any, settings: Settings) -> Iterator[None]:
    """Raises EngineUnavailable, and SettingInvalid for machines that would not share their locks."""
    address = os.environ.get("RAY_ADDRESS") or "local"
    own = (
        {"object_store_memory": _OBJECT_STORE_BYTES, "include_dashboard": False} if address == "local" else {}
    )
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **own)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise EngineUnavailable(
            f"RAY_ADDRESS: no cluster of Ray at {address!r} answers, or it does not take this RAY_AUTH_TOKEN."
        ) from error
    try:
        if len(_machines(ray)) > 1 and not settings.redis_url:
            raise SettingInvalid(
                "REDIS_URL: is needed where Ray has several machines, whose writers keep others out there."
            )
        yield
    finally:
        ray.shutdown()


def share_of(ray: Any, workers: int | None) -> Share:
    """`workers` of them, or one for each GPU, or where there is none for each machine."""
    machines = _machines(ray)
    gpus = int(sum(machine.get("GPU", 0) for machine in machines))
    count = workers or gpus or len(machines)
    on_one = math.ceil(count / len(machines))
    cores = min(machine["CPU"] for machine in machines)
    cpus = max(0.1, math.floor(10 * (cores - READER_CPUS) / on_one) / 10)
    return Share(count, cpus, gpus / count if gpus else 0, max(1, int(cores / on_one)))


def _machines(ray: Any) -> list[dict[str, float]]:
    """The resources of each machine that computes."""
    return [node["Resources"] for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
