"""Runs a town through faults, and judges it: what it answers meanwhile, and what is left at the end."""

import random
import shutil
import threading
import time
from pathlib import Path

import httpx

from tests.chaos.api import Api
from tests.chaos.customers import Customer, scores_of, steady_searches
from tests.chaos.disks import disk
from tests.chaos.faults import Fault, all_faults
from tests.chaos.feed import STEADY_ITEMS, Feed
from tests.chaos.score import Score
from tests.chaos.town import Town, town
from tests.chaos.truth import Truth, state_of
from tests.chaos.writers import Writer
from tests.picture_servers import serving_pictures
from tests.pushing import Pictures

_START_S = 120.0
# As long as the leases of what was killed, and all the restarts, may take on a busy machine.
_RECOVERY_S = 90.0
_DRAIN_S = 240.0
_CUSTOMERS, _WRITERS = 3, 2


def ordeal(folder: Path, seconds: float, seed: int, with_redis: bool) -> Score:
    """Faults for so long; then all must become as it was sent, without a hand."""
    score, pictures = Score(), Pictures()
    with (
        serving_pictures(pictures) as pictures.server,
        town(folder, pictures, seed, with_redis) as place,
    ):
        it = _Ordeal(place, score, seed)
        try:
            it.run(seconds)
        finally:
            it.close()
    return score


def left_out(folder: Path) -> list[str]:
    """What this machine does not allow, in words."""
    told = []
    with disk(folder / "probe", 1) as probe:
        if not probe.is_own:
            told.append("no file system may be mounted here: files are kept from growing, no disk is filled")
    if shutil.which("cc") is None and shutil.which("gcc") is None:
        told.append("there is no C compiler here: no clock jumps")
    if shutil.which("redis-server") is None:
        told.append("redis-server is not installed: pushed writes wait in SQLite")
    return told


class _Ordeal:
    def __init__(self, place: Town, score: Score, seed: int) -> None:
        self._town, self._score = place, score
        self._truth, self._over = Truth(), threading.Event()
        self._dice = random.Random(seed)  # noqa: S311 - moments, no secrets
        self._feed = Feed(place, self._truth, score, self._over)
        self._writers: list[Writer] = []
        self._api = Api(place.url, Score())  # whose waiting is no part of the figures

    def close(self) -> None:
        self._api.close()
        for writer in self._writers:
            writer.close()

    def run(self, seconds: float) -> None:
        self._begin()
        self._writers = writers = [self._writer(number) for number in range(_WRITERS)]
        expected = self._expected()
        going = [*writers, self._feed, *(self._customer(n, expected) for n in range(_CUSTOMERS))]
        for one in going:
            one.start()
        try:
            self._inject(time.monotonic() + seconds)
        finally:
            self._over.set()
            for one in going:
                one.join()
        self._judge(writers)

    def _begin(self) -> None:
        self._wait_for("/healthz", _START_S)
        while self._feed.first() != 0:
            time.sleep(0.5)
        self._wait_for("/readyz", _START_S)

    def _writer(self, number: int) -> Writer:
        assert self._town.pictures.server is not None
        return Writer(
            number, self._town.url, self._town.pictures.server.url(""), self._truth, self._score, self._over
        )

    def _customer(self, number: int, expected: dict[str, dict[str, float]]) -> Customer:
        return Customer(number, self._town.url, self._truth, expected, STEADY_ITEMS, self._score, self._over)

    def _expected(self) -> dict[str, dict[str, float]]:
        with httpx.Client(base_url=self._town.url, timeout=30) as http:
            return {
                name: scores_of(http.request(method, path, **options).raise_for_status().json())
                for name, (method, path, options) in steady_searches().items()
            }

    def _inject(self, until: float) -> None:
        """One fault, sometimes two at once; then it must answer again before the next."""
        families = all_faults(self._town, self._feed, self._dice)
        families = {name: faults for name, faults in families.items() if faults}
        weights = [{"network": 4, "kill": 3}.get(name, 1) for name in families]
        while time.monotonic() < until:
            chosen = self._dice.choices(list(families), weights, k=self._dice.choice([1, 1, 2]))
            faults = {fault.kind: fault for fault in (self._dice.choice(families[name]) for name in chosen)}
            self._apply(list(faults.values()))
            began = time.monotonic()
            if not self._wait_for("/readyz", _RECOVERY_S):
                self._score.is_wrong(f"no answer {_RECOVERY_S:g} s after {list(faults)}")
            recovery_s = time.monotonic() - began
            self._score.slowest_recovery_s = max(self._score.slowest_recovery_s, recovery_s)
            time.sleep(self._dice.uniform(0.0, 1.0))

    def _apply(self, faults: list[Fault]) -> None:
        try:
            for fault in faults:
                if fault.begin():
                    self._score.fault(fault.kind)
            time.sleep(self._dice.uniform(0.3, 4.0))
        finally:
            for fault in faults:
                fault.end()

    def _wait_for(self, path: str, limit_s: float) -> bool:
        until = time.monotonic() + limit_s
        while self._api.ask("ready", "GET", path) is None:
            if time.monotonic() > until:
                return False
            time.sleep(0.1)
        return True

    def _judge(self, writers: list[Writer]) -> None:
        """Every acknowledged write is done, and every item is what was sent last."""
        until = time.monotonic() + _DRAIN_S
        for writer in writers:
            for one in writer.accepted:
                while not writer.settle(one):
                    if time.monotonic() >= until:
                        self._score.is_lost(f"acknowledged, and not done in {_DRAIN_S:g} s: {one}")
                        break
                    time.sleep(0.1)
        for item_id in self._truth.ids():
            if not item_id.startswith("fed-"):
                self._compare(item_id)

    def _compare(self, item_id: str) -> None:
        until = time.monotonic() + _RECOVERY_S
        while (answer := self._api.ask("final", "GET", f"/v1/items/{item_id}", also=(404,))) is None:
            if time.monotonic() > until:
                self._score.is_lost(f"{item_id}: no answer {_RECOVERY_S:g} s after the last fault")
                return
        found = state_of(answer.json()) if answer.status_code == 200 else None
        expected = self._truth.latest(item_id)
        if found != expected:
            self._score.is_lost(f"{item_id} is {found}, and should be {expected}")
