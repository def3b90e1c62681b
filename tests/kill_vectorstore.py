"""Kills the vector store at random moments and looks for every acknowledged write afterwards.

`python -m tests.kill_vectorstore --kills 30`; a short form of it is in test_vectorstore_durability.py.
"""

import argparse
import os
import random
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import numpy as np
import orjson

from tests.vectorstore_process import VectorStore
from tests.vectorstore_shop import COLLECTION, create

DIMENSION = 64
WRITERS = 3
IDS_PER_WRITER = 1500
# About 800 points: small enough for several optimisations a minute.
ENVIRON = {"QDRANT__STORAGE__OPTIMIZERS__INDEXING_THRESHOLD_KB": "200"}
MOMENTS = ("upsert", "optimise", "swap")
PHASE_LIMIT_S = 60.0


def vector_of(identifier: int, version: int) -> list[float]:
    vector = np.random.default_rng(identifier * 1_000_003 + version).normal(size=DIMENSION)
    return (vector / np.linalg.norm(vector)).tolist()


class Writer(threading.Thread):
    """Writes versions of its own points until the store is gone; knows what was acknowledged.

    A point's version is 0 when it is deleted. `unsure` holds what was sent and never answered.
    """

    def __init__(self, number: int) -> None:
        super().__init__(daemon=True)
        self.ids = range(number * IDS_PER_WRITER, (number + 1) * IDS_PER_WRITER)
        self.acknowledged: dict[int, int] = {}
        self.unsure: dict[int, set[int]] = {}
        self._random = random.Random(number)  # noqa: S311 - no secret
        self._version = 0

    def write_until_gone(self, url: str, over: threading.Event) -> None:
        with httpx.Client(base_url=url, timeout=30) as http:
            while not over.is_set():
                self._version += 1
                some = self._random.sample(self.ids, 40)
                deletes = self._version % 7 == 0
                for identifier in some:
                    self.unsure.setdefault(identifier, set()).add(0 if deletes else self._version)
                try:
                    answer = self._delete(http, some) if deletes else self._upsert(http, some)
                except httpx.HTTPError:
                    if over.wait(0.05):
                        return
                    continue
                if answer.status_code == 503:  # the shard process was killed alone: the outcome is not known
                    over.wait(0.05)
                    continue
                assert answer.status_code == 200, answer.text
                for identifier in some:
                    self.acknowledged[identifier] = 0 if deletes else self._version
                    self.unsure[identifier].clear()

    def _upsert(self, http: httpx.Client, some: list[int]) -> httpx.Response:
        version = self._version
        points = [
            {"id": i, "vector": {"image": vector_of(i, version)}, "payload": {"version": version}}
            for i in some
        ]
        return http.put(
            f"/collections/{COLLECTION}/points?wait=true", content=orjson.dumps({"points": points})
        )

    def _delete(self, http: httpx.Client, some: list[int]) -> httpx.Response:
        return http.post(
            f"/collections/{COLLECTION}/points/delete?wait=true", content=orjson.dumps({"points": some})
        )

    def check(self, http: httpx.Client) -> int:
        """Every acknowledged write is there, and nothing that was never sent. How many points there are."""
        body = {"ids": list(self.ids), "with_payload": True, "with_vector": ["image"]}
        answer = http.post(f"/collections/{COLLECTION}/points", content=orjson.dumps(body))
        found = {point["id"]: point for point in orjson.loads(answer.content)["result"]}
        for identifier in self.ids:
            version = found[identifier]["payload"]["version"] if identifier in found else 0
            allowed = {self.acknowledged.get(identifier, 0), *self.unsure.get(identifier, ())}
            assert version in allowed, (
                f"point {identifier}: {version} is served, one of {allowed} was expected"
            )
            if version:
                stored = np.asarray(found[identifier]["vector"]["image"])
                assert np.allclose(stored, vector_of(identifier, version), atol=1e-5), identifier
            self.acknowledged[identifier] = version
        self.unsure.clear()
        return len(found)


class Torture:
    """A store, its writers, and what the kills hit."""

    def __init__(self, path: Path, seed: int) -> None:
        self.store = VectorStore(path, ENVIRON)
        self.writers = [Writer(number) for number in range(WRITERS)]
        self.hits: Counter[str] = Counter()
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._directory = path / "collections" / COLLECTION

    def start(self) -> None:
        self.store.start()
        with self.store.client() as client:
            create(client, DIMENSION)

    def round(self, moment: str, alone: bool) -> int:
        """Write, kill at `moment` (with `alone` the shard processes only), start again, check. The points."""
        over = threading.Event()
        threads = [
            threading.Thread(target=writer.write_until_gone, args=(self.store.url, over))
            for writer in self.writers
        ]
        for thread in threads:
            thread.start()
        self._wait_for(moment)
        self.hits[f"{moment} (found: {self._phase()}){', shard process alone' if alone else ''}"] += 1
        if alone:
            self.store.kill_shards()
            time.sleep(1.0)
        else:
            self.store.kill()
        over.set()
        for thread in threads:
            thread.join()
        if not alone:
            self.store.start()
        return self._check()

    def _wait_for(self, moment: str) -> None:
        deadline = time.monotonic() + PHASE_LIMIT_S
        if moment == "upsert":
            time.sleep(self._random.uniform(0.05, 1.0))
            return
        generation = self._generation()
        while len(self._shards()) < 2 and self._generation() == generation and time.monotonic() < deadline:
            time.sleep(0.002)
        if moment == "optimise":
            time.sleep(self._random.uniform(0.0, 1.0))
            return
        while self._generation() == generation and time.monotonic() < deadline:
            time.sleep(0.0005)
        if self._random.random() < 0.5:
            time.sleep(self._random.uniform(0.0, 0.05))

    def _shards(self) -> list[str]:
        return sorted(name for name in os.listdir(self._directory) if name.startswith("shard-"))

    def _generation(self) -> int:
        return int(orjson.loads((self._directory / "collection.json").read_bytes())["generation"])

    def _phase(self) -> str:
        """What the directory says is going on."""
        shards = self._shards()
        if len(shards) < 2:
            return "one shard"
        return "swapped in" if shards[0] != f"shard-{self._generation():06}" else "copy under way"

    def _check(self) -> int:
        with httpx.Client(base_url=self.store.url, timeout=60) as http:
            deadline = time.monotonic() + 20
            while http.get(f"/collections/{COLLECTION}").status_code == 503 and time.monotonic() < deadline:
                time.sleep(0.05)
            points = sum(writer.check(http) for writer in self.writers)
            answer = http.post(f"/collections/{COLLECTION}/points/count", content=b'{"exact": true}')
            assert orjson.loads(answer.content)["result"]["count"] == points
        return points


def torture(path: Path, kills: int, seed: int) -> Torture:
    """Kill as often as asked, the moments taking turns and every fifth time the shard processes alone."""
    run = Torture(path, seed)
    run.start()
    try:
        for number in range(kills):
            run.round(MOMENTS[number % len(MOMENTS)], alone=number % 5 == 4)
        assert run.store.stop() == 0, run.store.lines
    finally:
        if run.store.process.poll() is None:
            run.store.kill()
    return run


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.kill_vectorstore", description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vectorstore-kills-") as directory:
        began = time.monotonic()
        run = torture(Path(directory), arguments.kills, arguments.seed)
    print(f"{arguments.kills} SIGKILLs in {time.monotonic() - began:.0f} s, no acknowledged write lost:")  # noqa: T201
    for hit, count in sorted(run.hits.items()):
        print(f"  {count:3}  {hit}")  # noqa: T201


if __name__ == "__main__":
    main()
