"""Pictures a second that are fetched from a server on this machine: `python -m bench.fetch`.

The server is threads over plain sockets in a process of its own; it answers at once, or after a delay that
stands for the way to a real one. Fetching is measured alone: nothing is decoded.
"""

import hashlib
import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection

from bench.machine import machine
from bench.photos import photo_jpeg
from catalog.settings import Settings
from ingest.fetch.fetcher import open_fetcher
from ingest.fetch.get import Download
from ingest.fetch.validators import Validator
from tests.picture_servers import Exchange, answer, serving_pictures

COUNT = 600
DELAYS_S = (0.0, 0.05)
AT_ONCE = (1, 16)


def _serve(pipe: Connection, content: bytes, delay_s: float) -> None:
    tag = f'"{hashlib.sha256(content).hexdigest()}"'
    whole, unchanged = answer(content, ETag=tag), answer(b"", "304 Not Modified")

    def script(exchange: Exchange) -> None:
        time.sleep(delay_s)
        exchange.send(unchanged if exchange.headers.get("if-none-match") == tag else whole)

    with serving_pictures(script) as server:
        pipe.send(server.port)
        pipe.recv()


def _rate(port: int, at_once: int, known: Validator | None) -> tuple[float, Validator | None]:
    settings = Settings(
        _env_file=None, image_private_hosts=("127.0.0.1",), image_ports=(port,),
        image_fetches=at_once, image_fetches_per_host=at_once,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}/picture.jpg"

    def kept(download: Download | None) -> Validator | None:
        return download.validator if download else None

    with ThreadPoolExecutor() as pool, open_fetcher(settings, pool) as fetcher:
        began = time.perf_counter()
        futures = [fetcher.submit(address, known, kept) for _ in range(COUNT // (8 if at_once == 1 else 1))]
        results = [future.result() for future in futures]
        return len(results) / (time.perf_counter() - began), results[0]


def main() -> None:
    print(machine())
    content = photo_jpeg(1000, 1500, 1)
    context = multiprocessing.get_context("spawn")
    for delay_s in DELAYS_S:
        ours, theirs = context.Pipe()
        server = context.Process(target=_serve, args=(theirs, content, delay_s))
        server.start()
        port = ours.recv()
        for at_once in AT_ONCE:
            fetched, validator = _rate(port, at_once, None)
            asked, _ = _rate(port, at_once, validator)
            print(
                f"answered after {delay_s * 1000:.0f} ms, {at_once:2} at once: {fetched:.0f} pictures/s "
                f"of {len(content) / 1000:.0f} kB, {asked:.0f}/s not modified", flush=True,
            )  # fmt: skip
        ours.send(None)
        server.join()


if __name__ == "__main__":
    main()
