"""The faults: each begins, lasts a moment, and ends."""

import random
import resource
from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

from tests.chaos.feed import Feed
from tests.chaos.programs import Program, address_space_of
from tests.chaos.proxy import Spoiling
from tests.chaos.town import Town

_MB = 1 << 20
_JUMPS_S = (-3600.0, -120.0, 90.0, 7200.0)


@dataclass(frozen=True)
class Fault:
    """`begin` says whether there was anything to spoil. `end` is called once, whatever came of it."""

    kind: str
    begin: Callable[[], object]
    end: Callable[[], object] = lambda: None


def all_faults(town: Town, feed: Feed, dice: random.Random) -> dict[str, list[Fault]]:
    """By family, so that each family has its turns however many members it has."""
    return {
        "network": _of_network(town),
        "kill": _of_killing(town, feed),
        "disk": _of_disks(town),
        "memory": [_memory(town.programs[name]) for name in town.programs],
        "file size": [_file_size(town.programs[name]) for name in ("store", "worker")],
        "clock": _of_clocks(town, dice),
    }


def _of_network(town: Town) -> list[Fault]:
    def fault(name: str, how: Spoiling) -> Fault:
        link = town.links[name]
        return Fault(f"{how}: {name}", lambda: link.spoil(how) or True, lambda: link.spoil(None))

    return [fault(name, how) for name in town.links for how in get_args(Spoiling)]


def _of_killing(town: Town, feed: Feed) -> list[Fault]:
    def kill(name: str, what: str, which: Callable[[list[int]], list[int]]) -> Fault:
        return Fault(f"kill -9: {what}", lambda: town.programs[name].kill(which))

    every = [kill(name, name, lambda pids: pids[::-1]) for name in town.programs]
    return [
        *every,
        kill("web", "gunicorn's master alone", lambda pids: pids[:1]),
        kill("web", "a web worker alone", lambda pids: pids[1:]),
        kill("store", "the store's shard processes", lambda pids: pids[2:]),
        Fault("kill -9: the ingest of a feed", feed.kill),
    ]


def _of_disks(town: Town) -> list[Fault]:
    def fill(name: str, left_bytes: int) -> Fault:
        disk = town.disks[name]
        what = f"disk full: {name}, {left_bytes // _MB} MB left"
        return Fault(what, lambda: disk.fill(left_bytes) or True, disk.free)

    return [fill(name, left) for name in town.disks if town.disks[name].is_own for left in (0, 40 * _MB)]


def _memory(program: Program) -> Fault:
    """No process of it may map more than it has, or a little more."""
    return Fault(
        f"memory capped: {program.name}",
        lambda: program.limit(resource.RLIMIT_AS, lambda pid: address_space_of(pid) + 2 * _MB),
        lambda: program.limit(resource.RLIMIT_AS, None),
    )


def _file_size(program: Program) -> Fault:
    """As by a quota: whatever makes a file longer than this fails, on any disk."""
    return Fault(
        f"file size capped: {program.name}",
        lambda: program.limit(resource.RLIMIT_FSIZE, lambda _: 64 * 1024),
        lambda: program.limit(resource.RLIMIT_FSIZE, None),
    )


def _of_clocks(town: Town, dice: random.Random) -> list[Fault]:
    def jump(name: str) -> Fault:
        clock = town.clocks[name]
        return Fault(
            f"clock jumps: {name}", lambda: clock.jump(dice.choice(_JUMPS_S)) or True, lambda: clock.jump(0.0)
        )

    return [jump(name) for name in town.clocks]
