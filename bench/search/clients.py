"""A process of clients, each of which asks again as soon as it is answered: a closed loop.

`python -m bench.search.clients PORT CLIENTS SECONDS` reads the paths to ask for from its standard input, one
a line, and prints the answers' times in milliseconds and the stages that they report, as JSON.
"""

import http.client
import itertools
import sys
import threading
import time
from collections.abc import Iterator

import orjson


def main() -> None:
    port, clients, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    paths = [line.strip() for line in sys.stdin if line.strip()]
    # Each path once before any is asked for again; the lock makes one iterator serve all threads.
    following, lock = itertools.cycle(paths), threading.Lock()
    times: list[float] = []
    stages: list[dict[str, float]] = []
    until = time.perf_counter() + seconds

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while time.perf_counter() < until:
            path = _next(following, lock)
            began = time.perf_counter()
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
            times.append(1000 * (time.perf_counter() - began))
            if response.status != 200:
                sys.exit(f"{path}: HTTP {response.status}: {body[:200]!r}")
            if len(times) % 8 == 0:  # reading every answer would cost the clients more than asking
                stages.append(orjson.loads(body).get("took_ms", {}))

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    sys.stdout.buffer.write(orjson.dumps({"times": times, "stages": stages, "seconds": took}))


def _next(paths: Iterator[str], lock: threading.Lock) -> str:
    with lock:
        return next(paths)


if __name__ == "__main__":
    main()
