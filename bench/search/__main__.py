"""How fast searches are answered: `python -m bench.search FOLDER [--state DIR]`.

FOLDER holds products.csv and the pictures, which are ingested once into DIR; later runs use it again.
Vitrine runs as it is deployed, gunicorn before a vectorstore process; beside it, in the same run and under
the same gunicorn settings, runs bench/search/plain_service.py. One after the other they are asked by 1, 8
and 32 clients of another process, each text asked once (cold) or the same fifty again and again (cached).
Vitrine searches by words and by pictures, as it does unless told otherwise, and the plain service by
pictures alone, which Vitrine is asked for, too. Then comes Vitrine by words and by pictures over a store that
answers at once (bench/search/instant_store.py), and last bench/search/bare_service.py, which embeds the text
and does not search: what it answers is the most that any search could.
"""

import argparse
import csv
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlencode

import httpx
import numpy as np
import orjson

from bench.machine import machine
from bench.search.table import STAGES, Figures, Loops, show
from catalog.collection import connect
from catalog.encoder import open_encoder
from catalog.index import ItemIndex
from catalog.points import ITEM_ID, Payload
from catalog.settings import BUNDLED_MODEL, Settings
from ingest.feeds.open_feed import open_feed
from ingest.pipeline import ingest
from tests.processes import free_port, running, wait_until_ready
from tests.vectorstore_load import wait_until_optimised
from tests.vectorstore_process import VectorStore
from vectorstore.settings import SETTLED_S
from vectorstore.settings import Settings as StoreSettings

LIMIT = 24
CLIENTS = (1, 8, 32)
# So many texts are asked of the store that answers at once.
KNOWN = 500
# Without our gunicorn.conf.py.
_PLAINLY = ("--config", "/dev/null")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--state", type=Path, default=Path("var/bench/search"))
    parser.add_argument("--seconds", type=float, default=8.0, help="of each closed loop")
    parser.add_argument(
        "--workers", type=int, default=1, help="gunicorn's worker processes, of both services"
    )
    options = parser.parse_args()
    if find_spec("hnswlib") is None:  # no requirement: it is compiled, and nothing else needs it
        sys.exit("The plain service needs hnswlib: pip install hnswlib")
    store = VectorStore(options.state / "store", {SETTLED_S: "2"})
    store.start()
    try:
        settings = Settings(_env_file=None, qdrant_url=store.url, thumbnail_dir=options.state / "thumbnails")
        products = _ingested(options.folder, settings, options.state, store)
        print(f"{machine()}\n{products} products, {options.workers} worker process(es) each", flush=True)
        titles = _titles(options.folder)
        environ = {
            "QDRANT_URL": store.url,
            "WEB_CONCURRENCY": str(options.workers),
            "LOG_LEVEL": "WARNING",
            "RATE_LIMIT": "off",
        }
        with _served(environ, options.state / "web.log") as port:
            ours = {kind: _measured(port, _paths("/v1/search", kind, titles), options) for kind in KINDS}
        # By our gunicorn.conf.py, too; a text is embedded each time that it is asked for.
        environ |= {"REMEMBERED_TEXTS": "1"}
        with _served(environ, options.state / "instant.log", _app("instant_store")) as port:
            known = _paths("/v1/search", "cold", titles)[:KNOWN]
            for path in known:
                httpx.get(f"http://127.0.0.1:{port}{path}").raise_for_status()
            instant = {clients: _loop(port, clients, options.seconds, known) for clients in CLIENTS}
        environ = {
            "PLAIN_FOLDER": str(options.state.resolve()), "PLAIN_MODEL": str(BUNDLED_MODEL),
            "PLAIN_THREADS": "1", "WEB_CONCURRENCY": str(options.workers),
            "BARE_PRODUCTS": str(options.state.resolve() / "products.json"),
            "GUNICORN_CMD_ARGS": "--worker-class gthread --threads 8 --timeout 300 --keep-alive 75",
        }  # fmt: skip
        with _served(environ, options.state / "plain.log", *_PLAINLY, _app("plain_service")) as port:
            plain = {kind: _measured(port, _paths("/search", kind, titles), options) for kind in KINDS}
        with _served(environ, options.state / "bare.log", *_PLAINLY, _app("bare_service")) as port:
            bare = _measured(port, _paths("/search", "cold", titles), options)
    finally:
        store.stop()
    show(ours, plain, instant, bare)


def _app(name: str) -> str:
    """One of the services beside this file, as gunicorn takes it."""
    return f"bench.search.{name}:create_app()"


def _ingested(folder: Path, settings: Settings, state: Path, store: VectorStore) -> int:
    """Bring the index up to the folder, write what the plain service needs of it, and count the items."""
    encoder = open_encoder(settings)
    client = connect(settings)
    index = ItemIndex(client, settings.qdrant_url, settings.index_alias, encoder)
    report = ingest(open_feed(str(folder / "products.csv")), settings, encoder, index)
    if report.pictures_embedded or not (state / "vectors.npy").exists():
        records = _all_points(client, index.version())
        np.save(state / "vectors.npy", np.array([vector for vector, _ in records], dtype=np.float32))
        (state / "products.json").write_bytes(orjson.dumps([payload for _, payload in records]))
    count = index.count({})
    # As the index of a shop is most of the time: the store is done with what was written last.
    if 4 * encoder.dimension * index.count_pictures() >= 1024 * StoreSettings.indexing_threshold_kb:
        wait_until_optimised(store, 0.99, index.version())
    client.close()
    return count


def _all_points(client: object, name: str) -> list[tuple[list[float], Payload]]:
    found, offset = [], None
    while True:
        records, offset = client.scroll(name, limit=2000, offset=offset, with_vectors=["image"])  # type: ignore[attr-defined]
        found += [
            (record.vector["image"], {**record.payload, "id": record.payload[ITEM_ID]}) for record in records
        ]
        if offset is None:
            return found


def _titles(folder: Path) -> list[str]:
    with (folder / "products.csv").open(encoding="utf-8", newline="") as file:
        titles = list(dict.fromkeys(row["title"] for row in csv.DictReader(file)))
    return [" ".join(title.split()[-4:]) + f" {n}" for n, title in enumerate(titles)]


@contextmanager
def _served(environ: dict[str, str], log: Path, *arguments: str) -> Iterator[int]:
    port = free_port()
    environ = {**environ, "PORT": str(port), "OMP_NUM_THREADS": "1"}
    command = ["-m", "gunicorn", *arguments] + (["--bind", f"127.0.0.1:{port}"] if arguments else [])
    with running(*command, log=log, environ=environ) as process:
        wait_until_ready(f"http://127.0.0.1:{port}/healthz", process)
        yield port


# Texts that nobody asked for before, with and without a filter; and a few that everybody asks for.
KINDS = ("cold", "cold, one category", "cold, by picture alone", "cached")


def _paths(route: str, kind: str, titles: Sequence[str]) -> list[str]:
    chosen = titles[:50] if kind == "cached" else titles
    category = {"category": "Accessories"} if "category" in kind else {}
    mode = {"mode": "vector"} if "picture" in kind else {}
    return [f"{route}?{urlencode({'text': title, 'limit': LIMIT, **category, **mode})}" for title in chosen]


def _measured(port: int, paths: list[str], options: argparse.Namespace) -> Loops:
    """Each loop with paths of its own, so that what is cold stays cold."""
    share = len(paths) // (len(CLIENTS) + 1)
    parts = [paths] * 4 if len(paths) <= 50 else [paths[n * share : (n + 1) * share] for n in range(4)]
    _loop(port, 1, 1.5, parts[3])
    return {
        clients: _loop(port, clients, options.seconds, part)
        for clients, part in zip(CLIENTS, parts, strict=False)
    }


def _loop(port: int, clients: int, seconds: float, paths: list[str]) -> Figures:
    done = subprocess.run(
        [sys.executable, "-m", "bench.search.clients", str(port), str(clients), str(seconds)],
        input="\n".join(paths).encode(), capture_output=True, check=False, env={**os.environ},
    )  # fmt: skip
    if done.returncode:
        sys.exit(done.stderr.decode())
    answer = orjson.loads(done.stdout)
    times = sorted(answer["times"])
    reported = [stages for stages in answer["stages"] if stages]
    stages = (
        {stage: statistics.median(each[stage] for each in reported) for stage in STAGES} if reported else {}
    )
    return Figures(
        statistics.median(times), times[int(0.95 * len(times))], len(times) / answer["seconds"], stages
    )


if __name__ == "__main__":
    main()
