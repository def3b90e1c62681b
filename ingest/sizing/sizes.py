"""Memory, disk, shards and machines of an index, and the hours of embedding it, by measured figures."""

import math
from dataclasses import dataclass

from catalog.layout import Layout, layout_for
from ingest.sizing.measured import CACHED, DECODING, HEADROOM, MEASURED_M, ON_DISK, OWN
from ingest.sizing.models import Model

# A shard of more pictures is judged too large to move or to optimise at ease. Qdrant recommends a number that
# many numbers of nodes divide; 12 is its example.
SHARD_PICTURES = 10_000_000
_ONE_MACHINE_PICTURES, _THREE_SHARDS_PICTURES = 1_000_000, 30_000_000
_SECONDS_PER_HOUR = 3_600


@dataclass(frozen=True)
class Size:
    """Of an index of so many pictures. `memory_bytes` and `disk_bytes`: of all its replicas together."""

    pictures: int
    layout: Layout
    shards: int
    replicas: int
    memory_bytes: float
    disk_bytes: float
    machines: int


@dataclass(frozen=True)
class Hours:
    """Of embedding every picture once; None if the model's rate is not known.

    `gpu`: with 16 cores that decode for it. `gpu_alone`: if decoding kept up with it.
    """

    cpu: float | None
    gpu: float | None
    gpu_alone: float | None


def size_of(pictures: int, dimension: int, machine_memory_bytes: float) -> Size:
    """`machine_memory_bytes`: of one machine of the store.

    In memory for certain: the vectors in int8 and what belongs to a picture, and half as much again, since
    what is being optimised is there twice for a while. In the page cache: graph, payload indexes, payloads
    that are asked for; and the float32 vectors unless they are left on disk.
    """
    layout = layout_for(pictures)
    shards, replicas = _shards(pictures), 1 if pictures <= _ONE_MACHINE_PICTURES else 2
    own = HEADROOM.value * pictures * (dimension + OWN.value)
    links = 2 * 4 * (layout.m - MEASURED_M)  # 2 m links of 4 bytes; of those that were measured, beside
    cached = pictures * (CACHED.value + links + (0 if layout.vectors_on_disk else 4 * dimension))
    disk = HEADROOM.value * pictures * (5 * dimension + ON_DISK.value + links)
    memory = replicas * (own + cached)
    least = 1 if replicas == 1 else 3  # of two machines none could tell which of them is cut off
    machines = max(least, math.ceil(memory / machine_memory_bytes))
    return Size(pictures, layout, shards, replicas, memory, replicas * disk, machines)


def hours_of(pictures: int, model: Model, cores: int) -> Hours:
    """A machine of so many CPU cores, and one of a GPU; the rate of cores is taken to add up."""
    cpu = _hours(pictures, model.core_rate and model.core_rate * cores)
    gpu = _hours(pictures, model.gpu_rate and min(model.gpu_rate, DECODING.value))
    return Hours(cpu, gpu, _hours(pictures, model.gpu_rate))


def _shards(pictures: int) -> int:
    if pictures <= _ONE_MACHINE_PICTURES:
        return 1
    if pictures <= _THREE_SHARDS_PICTURES:
        return 3
    return 12 * math.ceil(pictures / (12 * SHARD_PICTURES))


def _hours(pictures: int, rate: float | None) -> float | None:
    return pictures / rate / _SECONDS_PER_HOUR if rate else None
